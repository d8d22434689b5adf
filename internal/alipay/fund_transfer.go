package alipay

import (
	"crypto/sha256"
	"encoding/hex"

	"tongbao/internal/identity"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
)

type transferIn struct {
	OutBizNo       text                   `json:"out_biz_no"`
	TransAmount    text                   `json:"trans_amount"`
	ProductCode    text                   `json:"product_code"`
	BizScene       text                   `json:"biz_scene"`
	Payee          nested[payeeInfo]      `json:"payee_info"`
	Payer          nested[payeeInfo]      `json:"payer_info"`
	OrderTitle     text                   `json:"order_title"`
	Remark         text                   `json:"remark"`
	OriginalOrder  text                   `json:"original_order_id"`
	BusinessParams nested[businessParams] `json:"business_params"`
}

type payeeInfo struct {
	Identity     text `json:"identity"`
	IdentityType text `json:"identity_type"`
	Name         text `json:"name"`
}

type businessParams struct {
	SubBizScene text `json:"sub_biz_scene"`
}

type transferOut struct {
	OutBizNo       string `json:"out_biz_no"`
	OrderID        string `json:"order_id"`
	PayFundOrderID string `json:"pay_fund_order_id"`
	Status         string `json:"status"`
	TransDate      string `json:"trans_date"`
	Amount         string `json:"amount,omitempty"`
}

// The products of a transfer, and the least that each sends.
const (
	toBalance = "TRANS_ACCOUNT_NO_PWD"
	toCard    = "TRANS_BANKCARD_NO_PWD"
	redPacket = "STD_RED_PACKET"
)

var leastSent = map[string]money.Amount{toBalance: 10, toCard: 10, redPacket: 1}

const (
	direct       = "DIRECT_TRANSFER"
	remarkFrom   = money.Amount(50_000_00) // from here on a remark is needed
	mostBizNo    = 64
	mostTitle    = 128
	mostRemark   = 200
	redPacketSub = "REDPACKET"
)

// A merchant sends money under its own number: to a person's balance, as a red
// packet, or to a bank card.
var uniTransfer = of(method{name: "alipay.fund.trans.uni.transfer", right: party.Transfer, prefix: noPrefix}, func(c *call, in *transferIn) (any, error) {
	asked, err := c.transferAsked(in)
	if err != nil {
		return nil, err
	}
	var card *party.BankCard
	if asked.Product == toCard {
		if card, err = c.cardAsked(in, &asked); err != nil {
			return nil, err
		}
	} else if asked.To, err = c.payeeAsked(&in.Payee.Value); err != nil {
		return nil, err
	}
	p, err := c.s.opt.Desk.PayOut(c.ctx, c.by(), c.command("pay_out"), asked, card)
	if err != nil {
		return nil, c.transferRefused(err)
	}
	state, err := c.stateOf(&p)
	if err != nil {
		return nil, err
	}
	return transferOut{OutBizNo: p.Number, OrderID: p.ID, PayFundOrderID: p.ID, Status: state.status, TransDate: milli(p.At), Amount: yuan(p.Amount)}, nil
})

// transferAsked reads what is common to all products.
func (c *call) transferAsked(in *transferIn) (asked pay.Payout, err error) {
	if in.OutBizNo == "" || len(in.OutBizNo) > mostBizNo {
		return asked, c.badParameter("out_biz_no has 1 to %d characters", mostBizNo)
	}
	product := string(in.ProductCode)
	least, ok := leastSent[product]
	if !ok {
		return asked, c.failed("PRODUCT_NOT_SIGN", "product_code is %s, %s or %s", toBalance, toCard, redPacket)
	}
	switch {
	case product == redPacket && in.BizScene == "PERSONAL_COLLECTION":
		return asked, c.failed("ORDER_NOT_EXIST", "there is no red packet of that original_order_id")
	case in.BizScene != direct:
		return asked, c.badParameter("biz_scene is %s", direct)
	case product == redPacket && in.BusinessParams.Value.SubBizScene != redPacketSub:
		return asked, c.badParameter("business_params.sub_biz_scene of a red packet is %s", redPacketSub)
	}
	amount, err := c.amount("trans_amount", in.TransAmount)
	if err != nil {
		return asked, err
	}
	if amount < least {
		return asked, c.failed("EXCEED_LIMIT_SM_MIN_AMOUNT", "the least that is sent is %s", yuan(least))
	}
	if amount >= remarkFrom && in.Remark == "" {
		return asked, c.failed("MEMO_REQUIRED_IN_TRANSFER_ERROR", "from %s on a remark is needed", yuan(remarkFrom))
	}
	if len([]rune(in.OrderTitle)) > mostTitle || len([]rune(in.Remark)) > mostRemark {
		return asked, c.badParameter("order_title has at most %d characters, remark %d", mostTitle, mostRemark)
	}
	if p := in.Payer.Value; p.Identity != "" && (p.IdentityType != "ALIPAY_USER_ID" && p.IdentityType != "ALIPAY_OPEN_ID" || string(p.Identity) != party.FormatID(c.merchant())) {
		return asked, c.failed("PAYER_NOT_EXIST", "payer_info is not the merchant of this application")
	}
	to := in.Payee.Value
	if to.Identity == "" || to.IdentityType == "" {
		return asked, c.badParameter("payee_info needs an identity and an identity_type")
	}
	return pay.Payout{Merchant: c.merchant(), Product: product, Number: string(in.OutBizNo), Scene: string(in.BizScene), Amount: amount, Currency: money.CNY,
		Title: string(in.OrderTitle), Remark: string(in.Remark), Payee: string(to.IdentityType) + "/" + string(to.Identity)}, nil
}

// payeeAsked finds the person. One named by a login name must be called somehow.
func (c *call) payeeAsked(to *payeeInfo) (uint64, error) {
	if to.IdentityType == "ALIPAY_LOGON_ID" && to.Name == "" {
		return 0, c.badParameter("a payee named by a login name needs a name too")
	}
	return c.payeeCalled(to.IdentityType, to.Identity, to.Name)
}

// payeeCalled finds the person, who must be called as said where a name is said.
func (c *call) payeeCalled(kind, identified, name text) (uint64, error) {
	var person party.Person
	var err error
	switch kind {
	case "ALIPAY_USER_ID", "ALIPAY_OPEN_ID":
		id, bad := party.ParseID(string(identified))
		if bad != nil {
			return 0, c.failed("PAYEE_NOT_EXIST", "there is no such payee")
		}
		if party.IsMerchant(id) {
			return 0, c.failed("NO_ACCOUNT_RECEIVE_PERMISSION", "a transfer goes to a person")
		}
		var ok bool
		if person, ok, err = identity.People.Read(c.ctx, c.s.opt.Engine.Store(), party.FormatID(id)); err == nil && !ok {
			err = c.failed("PAYEE_NOT_EXIST", "there is no such payee")
		}
	case "ALIPAY_LOGON_ID":
		person, err = c.s.opt.Identity.PersonByPhone(c.ctx, string(identified))
		if refusal.Of(err) != nil {
			err = c.failed("PAYEE_NOT_EXIST", "there is no such payee")
		}
	default:
		return 0, c.badParameter("identity_type is ALIPAY_USER_ID, ALIPAY_OPEN_ID or ALIPAY_LOGON_ID")
	}
	if err == nil && name != "" && person.Name != string(name) {
		err = c.failed("PAYEE_USER_INFO_ERROR", "the payee is called otherwise; nothing was sent")
	}
	return person.ID, err
}

// cardAsked reads the card that money is to be sent to. Its number goes to the
// bank alone: what is kept for comparing is a digest with the merchant's name in it.
func (c *call) cardAsked(in *transferIn, asked *pay.Payout) (*party.BankCard, error) {
	to := &in.Payee.Value
	if to.IdentityType != "BANKCARD_ACCOUNT" {
		return nil, c.badParameter("identity_type is BANKCARD_ACCOUNT")
	}
	if to.Name == "" {
		return nil, c.badParameter("a card's payee needs a name")
	}
	sum := sha256.Sum256([]byte("card\x00" + party.FormatID(c.merchant()) + "\x00" + string(to.Identity) + "\x00" + string(to.Name)))
	asked.Payee = hex.EncodeToString(sum[:])
	if c.s.opt.BankOf == nil {
		return nil, c.failed("PRODUCT_NOT_SIGN", "no bank is connected that sends money to any card")
	}
	number, err := party.ParseCardNumber(party.Secret(to.Identity))
	if err != nil {
		return nil, c.failed("PAYEE_CARD_INFO_ERROR", "that is not the number of a bank card")
	}
	code, known := c.s.opt.BankOf(number)
	if !known {
		return nil, c.failed("CARD_BIN_ERROR", "no bank has a card like this")
	}
	card, err := c.s.opt.Identity.CardOnce(c.ctx, identity.NewCard{Bank: code, Number: number, Holder: string(to.Name)})
	if refusal.Of(err) != nil {
		err = c.failed("PAYEE_CARD_INFO_ERROR", "the bank does not know the card")
	}
	return &card, err
}

// transferRefused names the desk's refusals as this family does.
func (c *call) transferRefused(err error) error {
	no := refusal.Of(err)
	if no == nil {
		return err
	}
	if sub, ok := transferCodes[no.Code]; ok {
		return c.failed(sub, "%s", no.Message)
	}
	return err
}

var transferCodes = map[refusal.Code]string{
	refusal.InsufficientBalance: "PAYER_BALANCE_NOT_ENOUGH",
	refusal.PayeeNotFound:       "PAYEE_NOT_EXIST",
	refusal.OrderNoTaken:        "PAYMENT_INFO_INCONSISTENCY",
	refusal.TierLimitExceeded:   "EXCEED_LIMIT_DM_AMOUNT",
	refusal.VelocityExceeded:    "PERMIT_CHECK_PERM_LIMITED",
	refusal.RiskRefused:         "PERMIT_CHECK_PERM_LIMITED",
	refusal.SamePayerAndPayee:   "PAYEE_NOT_EXIST",
	refusal.BankRefused:         "PAYEE_CARD_INFO_ERROR",
	refusal.InvalidAmount:       "INVALID_PARAMETER",
	refusal.InvalidField:        "INVALID_PARAMETER",
	refusal.AmountOverflow:      "EXCEED_LIMIT_SM_AMOUNT",
}
