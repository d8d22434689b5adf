package alipay

import (
	"context"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/store"
)

// The types of notices of authorisations.
const (
	authFrozen   = "fund_auth_freeze"
	authUnfrozen = "fund_auth_unfreeze"
)

// authNotices tells of an act on an authorisation, in the words in which it was
// asked for.
func (s *Server) authNotices(ctx context.Context, entry *store.Entry, id, opID string) ([]notify.New, error) {
	a, ok, err := pay.Auths.In(*entry, id)
	if err != nil || !ok || a.NotifyURL == "" {
		return nil, err
	}
	op, ok := a.Op(opID, "")
	if !ok || op.Kind == pay.AuthPay {
		return nil, nil
	}
	known, err := s.app(ctx, a.App)
	if err != nil || known == nil {
		return nil, err
	}
	n, ok, err := s.addressed(ctx, known, a.Merchant)
	if err != nil || !ok {
		return nil, err
	}
	who, err := s.payerOf(&call{ctx: ctx}, &a)
	if err != nil {
		return nil, err
	}
	n.Type = authFrozen
	if op.Kind == pay.Unfreeze {
		n.Type = authUnfrozen
	}
	n.Fields = wire.Params{
		"auth_no": a.ID, "out_order_no": a.OrderNo, "operation_id": op.ID, "out_request_no": op.Request, "operation_type": op.Kind, "amount": yuan(op.Amount),
		"status": opStatus(op), "gmt_create": milli(op.At), "gmt_trans": milli(op.Done), "payer_user_id": who.BuyerUserID, "payer_logon_id": who.BuyerLogonID,
		"payee_user_id": party.FormatID(a.Merchant), "total_freeze_amount": yuan(a.Amount), "total_unfreeze_amount": yuan(a.Released), "total_pay_amount": yuan(a.Paid), "rest_amount": yuan(a.Rest()),
	}
	n.URL, n.About = a.NotifyURL, a.ID
	n.Charset, n.SignType = spokenIn(a.Metadata)
	return []notify.New{n}, nil
}

// restNotices tells of what a payment from an authorisation released.
func (s *Server) restNotices(ctx context.Context, entry *store.Entry) (told []notify.New, err error) {
	err = pay.Auths.Of(entry, func(id string, a pay.Auth) error {
		last := a.Ops[len(a.Ops)-1]
		if last.Kind != pay.Unfreeze {
			return nil
		}
		more, err := s.authNotices(ctx, entry, id, last.ID)
		told = append(told, more...)
		return err
	})
	return told, err
}
