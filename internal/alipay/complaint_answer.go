package alipay

import (
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

type feedbackIn struct {
	complaintIn
	FeedbackCode    text `json:"feedback_code"`
	FeedbackContent text `json:"feedback_content"`
	FeedbackImages  text `json:"feedback_images"`
	Operator        text `json:"operator"`
}

// What the merchant's feedback does to the dispute: it grants the claim, denies
// it, or only adds its word.
const (
	refundsIt  = "00"
	hasShipped = "03"
	notMine    = "06"
)

var feedbackCodes = map[text]bool{refundsIt: true, "02": true, hasShipped: true, "04": true, "05": true, notMine: true}

var complaintFeedback = of(method{name: "alipay.merchant.tradecomplain.feedback.submit", v3: []string{"POST /v3/alipay/merchant/tradecomplain/feedback", "POST"}, right: party.AnswerDispute, prefix: noPrefix}, func(c *call, in *feedbackIn) (any, error) {
	if !feedbackCodes[in.FeedbackCode] || in.FeedbackContent == "" {
		return nil, c.badParameter("feedback_code is 00, 02, 03, 04, 05 or 06, with feedback_content")
	}
	t, d, err := c.openComplaint(in.ComplainEventID, in.FeedbackImages)
	if err != nil {
		return nil, err
	}
	desk, words := c.s.opt.Desk, string(in.FeedbackContent)
	switch {
	case in.FeedbackCode == refundsIt:
		_, err = desk.Agree(c.ctx, c.by(), c.command("agree"), t.ID, words)
	case (in.FeedbackCode == hasShipped || in.FeedbackCode == notMine) && d.Status == trade.WaitSellerAgree:
		_, err = desk.Refuse(c.ctx, c.by(), c.command("refuse"), t.ID, words)
	default:
		_, err = desk.AddEvidence(c.ctx, c.by(), c.command("evidence"), t.ID, trade.Seller, words, nil)
	}
	return nil, c.complaintError(err)
})

type replyIn struct {
	complaintIn
	ReplyContent text `json:"reply_content"`
	ReplyImages  text `json:"reply_images"`
}

var complaintReplyTo = of(method{name: "alipay.merchant.tradecomplain.reply.submit", v3: []string{"POST /v3/alipay/merchant/tradecomplain/reply", "POST"}, right: party.AnswerDispute, prefix: noPrefix}, func(c *call, in *replyIn) (any, error) {
	return nil, c.addWord(in.ComplainEventID, in.ReplyContent, in.ReplyImages, "reply_content")
})

type supplementIn struct {
	complaintIn
	SupplementContent text `json:"supplement_content"`
	SupplementImages  text `json:"supplement_images"`
}

var complaintSupplement = of(method{name: "alipay.merchant.tradecomplain.supplement.submit", v3: []string{"POST /v3/alipay/merchant/tradecomplain/supplement", "POST"}, right: party.AnswerDispute, prefix: noPrefix}, func(c *call, in *supplementIn) (any, error) {
	return nil, c.addWord(in.ComplainEventID, in.SupplementContent, in.SupplementImages, "supplement_content")
})

func (c *call) addWord(id, words, images text, name string) error {
	if words == "" {
		return c.badParameter("%s is missing", name)
	}
	t, _, err := c.openComplaint(id, images)
	if err != nil {
		return err
	}
	_, err = c.s.opt.Desk.AddEvidence(c.ctx, c.by(), c.command("evidence"), t.ID, trade.Seller, string(words), nil)
	return c.complaintError(err)
}

func (c *call) openComplaint(id, images text) (trade.Trade, *trade.Dispute, error) {
	t, d, err := c.findComplaint(id)
	switch {
	case err != nil:
		return t, d, err
	case images != "":
		return t, d, c.badParameter("pictures are added in the merchant portal")
	case !d.Status.Open():
		return t, d, c.failed("INVALID_COMPLAIN_STATUS", "the complaint has ended")
	}
	return t, d, nil
}

func (c *call) complaintError(err error) error {
	switch no := refusal.Of(err); {
	case no == nil:
		return err
	case no.Code == refusal.DisputeNotOpen || no.Code == refusal.DisputeStateRefused || no.Code == refusal.DeadlinePassed:
		return c.failed("INVALID_COMPLAIN_STATUS", "%s", no.Message)
	default:
		return c.badParameter("%s", no.Message)
	}
}
