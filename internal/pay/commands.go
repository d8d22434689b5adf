package pay

import (
	"tongbao/internal/bank"
	"tongbao/internal/engine"
)

// Commands lists an empty command of each kind that this package submits: a
// command's fields carry the numbers that the journal knows them by, and who
// reads the journal for people finds the names here.
func Commands() []engine.Command {
	in, out := BankOrder{Direction: bank.In}, BankOrder{Direction: bank.Out}
	return []engine.Command{
		&openTrade{}, payTrade{}, payByCode{},
		onTrade[closeTrade]{}, onTrade[ship]{}, onTrade[confirm]{}, onTrade[extend]{}, onTrade[refund]{}, onTrade[requestRefund]{}, onTrade[openDispute]{},
		onTrade[reviseDispute]{}, onTrade[addEvidence]{}, onTrade[agree]{}, onTrade[refuse]{}, onTrade[returnShipped]{}, onTrade[returnReceived]{},
		onTrade[escalate]{}, onTrade[withdrawDispute]{}, onTrade[arbitrate]{}, onTrade[deadline]{},
		transfer{}, startBankOrder{Order: in}, startBankOrder{Order: out}, bankAnswered{}, claimBankOrder{},
		authorise{}, endHold{How: "capture"}, endHold{How: "void"}, endHold{How: "expire"},
		onTrade[settleHeld]{}, splitTrade{}, refundShared{}, bindReceivers{}, unbindReceivers{}, syncOrder{},
		proposeAgreement{}, onAgreement{Act: signIt}, onAgreement{Act: endIt}, onAgreement{Act: moveIt}, chargeAgreement{},
		payOut{},
		openAuth{}, onAuth{How: "give"}, onAuth{How: "release"}, onAuth{How: "cancel"}, payFromAuth{},
		issueCode{}, keepFile{}, remind{}, assign{}, keepSwept{},
	}
}

// Answers lists an empty answer of each command whose answer is more than one
// value, by the command's name.
func Answers() map[string]any {
	return map[string]any{(&openTrade{}).Name(): Opened{}, payFromAuth{}.Name(): Opened{}, issueCode{}.Name(): IssuedCode{}}
}
