package alipay

import (
	"tongbao/internal/party"
)

// method is one thing that a program can ask for. Its file has its fields, its
// mapping and its codes; the table below has its name.
type method struct {
	name    string
	right   party.Act // party.View for what changes nothing
	browser bool      // a person's browser comes with it: a page, not JSON
	upload  bool      // takes files
	prefix  string    // of its business codes; "ACQ." but where a family has none
	v3      []string  // where the third version has it, if not by POST at the name's path; see routeV3
	do      func(*call) (any, error)
}

// of makes a method of a function that takes the content as a struct. The
// answer is a struct with omitempty on every member.
func of[In any](m method, do func(*call, *In) (any, error)) *method {
	m.do = func(c *call) (any, error) {
		in := new(In)
		if err := c.content(in); err != nil {
			return nil, err
		}
		return do(c, in)
	}
	return &m
}

// code is a business code of the method's family.
func (m *method) code(name string) string {
	switch m.prefix {
	case "":
		return "ACQ." + name
	case noPrefix:
		return name
	case classicPrefix:
		return classicCode(name)
	}
	return m.prefix + name
}

// noPrefix is for families whose codes stand alone.
const noPrefix = "-"

// methods is the handwritten list: a new method is one file and one line here.
var methods = []*method{
	tradeCreate, tradePay, tradePrecreate,
	tradePagePay, tradeWapPay, tradeAppPay,
	tradeQuery, tradeCancel, tradeClose,
	tradeRefund, tradeRefundApply, tradeRefundQuery,
	settleConfirm, orderSettle, orderSettleQuery, orderOnsettleQuery,
	royaltyBind, royaltyUnbind, royaltyBatchQuery, royaltyRateQuery,
	orderInfoSync,
	complaintList, complaintQuery, complaintFeedback, complaintReplyTo, complaintSupplement,
	billDownload, billBalance, billAccountLog, billSell, receiptApply, receiptQuery,
	systemOauthToken, userInfoShare, authTokenApp, authTokenAppQuery,
	agreementSign, agreementQuery, agreementUnsign, agreementPlan,
	uniTransfer, transferQuery, toAccountTransfer, transOrderQuery, fundAccountQuery,
	authFreeze, authAppFreeze, authVoucher, authUnfreeze, authCancel, authQuery,
	certDownload,
}

var methodsByName = map[string]*method{}

func init() {
	for _, m := range methods {
		methodsByName[m.name] = m
		routeV3(m)
	}
}

func methodNamed(name string) *method { return methodsByName[name] }

// Methods lists the names of all methods, in the order of the table.
func Methods() (names []string) {
	for _, m := range methods {
		names = append(names, m.name)
	}
	return names
}
