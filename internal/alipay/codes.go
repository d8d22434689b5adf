package alipay

import (
	"errors"
	"fmt"
	"strings"

	"tongbao/internal/engine"
	"tongbao/internal/refusal"
)

// The gateway's codes, and the words that travel with each.
const (
	success                = "10000"
	waiting                = "10003" // the order is made, and the buyer has yet to confirm
	unavailable            = "20000"
	noToken                = "20001"
	missingArguments       = "40001"
	invalidArguments       = "40002"
	insufficientConditions = "40003"
	businessFailed         = "40004"
	callLimited            = "40005"
	noPermission           = "40006"
)

var words = map[string]string{
	success:                "Success",
	waiting:                "order success pay inprocess",
	unavailable:            "Service Currently Unavailable",
	noToken:                "Insufficient Token Permissions",
	missingArguments:       "Missing Required Arguments",
	invalidArguments:       "Invalid Arguments",
	insufficientConditions: "Insufficient Conditions",
	businessFailed:         "Business Failed",
	callLimited:            "Call Limited",
	noPermission:           "Insufficient Permissions",
}

// no is a refusal in the protocol's words.
type no struct {
	code, sub, message string
	beside             any // what some methods say beside a refusal
}

func (n *no) Error() string { return n.code + " " + n.sub + ": " + n.message }

func refuse(code, sub, format string, args ...any) error {
	return &no{code: code, sub: sub, message: fmt.Sprintf(format, args...)}
}

// failed is a business refusal, by the code of the family that the method names.
func (c *call) failed(code, format string, args ...any) error {
	return refuse(businessFailed, c.method.code(code), format, args...)
}

// badParameter is the refusal of a member of the content.
func (c *call) badParameter(format string, args ...any) error {
	return c.failed("INVALID_PARAMETER", format, args...)
}

// inFamily is a refusal of a desk's in the words of the method's family, where the
// method has none of its own for it.
func (c *call) inFamily(err error) error {
	var known *no
	if err == nil || c.method == nil || errors.As(err, &known) {
		return err
	}
	if n := refusalOf(err); n != nil {
		if name, ok := strings.CutPrefix(n.sub, "ACQ."); ok {
			n.sub = c.method.code(name)
		}
		return n
	}
	return err
}

// refusalOf turns an error of any desk into the protocol's refusal; nil means
// that nobody knows what has become of the request.
func refusalOf(err error) *no {
	var n *no
	if errors.As(err, &n) {
		return n
	}
	r := refusal.Of(err)
	if r == nil || errors.Is(err, engine.ErrOutcomeUnknown) {
		return nil
	}
	switch r.Code {
	case refusal.Overloaded, refusal.RateLimited:
		return &no{code: callLimited, sub: "isv.app-call-limited", message: r.Message}
	case refusal.Unavailable:
		return nil
	}
	if sub, ok := acquiring[r.Code]; ok {
		return &no{code: businessFailed, sub: "ACQ." + sub, message: r.Message}
	}
	return &no{code: businessFailed, sub: "ACQ.INVALID_PARAMETER", message: r.Message}
}

// acquiring are the protocol's words for the platform's refusals, where a method
// has no better one.
var acquiring = map[refusal.Code]string{
	refusal.InvalidField:        "INVALID_PARAMETER",
	refusal.MissingField:        "INVALID_PARAMETER",
	refusal.InvalidAmount:       "INVALID_PARAMETER",
	refusal.CurrencyMismatch:    "CURRENCY_NOT_SUPPORT",
	refusal.Forbidden:           "SELLER_BEEN_BLOCKED",
	refusal.InsufficientBalance: "BUYER_BALANCE_NOT_ENOUGH",
	refusal.TierLimitExceeded:   "ERROR_BUYER_CERTIFY_LEVEL_LIMIT",
	refusal.RiskRefused:         "PAYMENT_REQUEST_HAS_RISK",
	refusal.StepUpRequired:      "PAYMENT_REQUEST_HAS_RISK",
	refusal.VelocityExceeded:    "PAYMENT_REQUEST_HAS_RISK",
	refusal.SamePayerAndPayee:   "BUYER_SELLER_EQUAL",
	refusal.BuyerMismatch:       "TRADE_BUYER_NOT_MATCH",
	refusal.TradeNotFound:       "TRADE_NOT_EXIST",
	refusal.OrderNoTaken:        "CONTEXT_INCONSISTENT",
	refusal.TradeExpired:        "TRADE_HAS_CLOSE",
	refusal.TradeStateRefused:   "TRADE_STATUS_ERROR",
	refusal.PaymentCodeInvalid:  "PAYMENT_AUTH_CODE_INVALID",
	refusal.PaymentCodeUsed:     "PAYMENT_AUTH_CODE_INVALID",
	refusal.SplitExceedsAmount:  "TRADE_SETTLE_ERROR",
	refusal.RefundExceedsRest:   "REASON_TRADE_REFUND_FEE_ERR",
	refusal.RefundWindowOver:    "TRADE_HAS_FINISHED",
	refusal.DeadlinePassed:      "TRADE_HAS_FINISHED",
	refusal.RefundNoTaken:       "DISCORDANT_REPEAT_REQUEST",
	refusal.RefundLimitReached:  "TRADE_NOT_ALLOW_REFUND",
	refusal.WebhookURLRefused:   "INVALID_PARAMETER",
	refusal.PayeeNotFound:       "USER_NOT_MATCH_ERR",
	refusal.NotFound:            "INVALID_PARAMETER",
}
