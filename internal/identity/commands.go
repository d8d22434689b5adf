package identity

import (
	"tongbao/internal/engine"
	"tongbao/internal/party"
)

// Commands lists an empty command of each kind that this package submits: a
// command's fields carry the numbers that the journal knows them by, and who
// reads the journal for people finds the names here.
func Commands() []engine.Command {
	return []engine.Command{
		sendCode{}, unsendCode{}, useCode{}, signUp{}, takeLoginTry{}, openSession{}, seeSession{}, endSessions{}, removeDevice{},
		changePassword{}, takePaymentTry{}, clearPaymentTries{}, setPaymentPassword{}, updateProfile{}, verifyIdentity{}, markRead{},
		addCard{}, removeCard{}, createMerchant{}, updateMerchant{}, addStaff{}, updateStaff{}, removeStaff{}, createOperator{},
		createKey{}, revokeKey{}, useKey{}, makeAppRoot{}, createApp{}, updateApp{}, resetEncryptKey{}, resetMD5Key{}, giveGrant{}, tradeIn{}, endGrant{}, keepMode{},
	}
}

// Answers lists an empty answer of each command whose answer is more than one
// value, by the command's name.
func Answers() map[string]any {
	return map[string]any{
		useCode{}.Name(): codeLook{}, takePaymentTry{}.Name(): paymentLook{}, openSession{}.Name(): party.Session{}, seeSession{}.Name(): party.Session{},
		addCard{}.Name(): party.BankCard{}, createMerchant{}.Name(): party.Merchant{},
	}
}
