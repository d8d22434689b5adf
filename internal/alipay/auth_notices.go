package alipay

import (
	"context"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/store"
	"tongbao/internal/trade"
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
	if err != nil || known == nil || known.Merchant != a.Merchant {
		return nil, err
	}
	who, err := s.payerOf(&call{ctx: ctx}, &a)
	if err != nil {
		return nil, err
	}
	kind, frozen := authFrozen, yuan(a.Amount)
	if op.Kind == pay.Unfreeze {
		kind = authUnfrozen
	}
	fields := wire.Params{
		"auth_no": a.ID, "out_order_no": a.OrderNo, "operation_id": op.ID, "out_request_no": op.Request, "operation_type": op.Kind, "amount": yuan(op.Amount),
		"status": opStatus(op), "gmt_create": milli(op.At), "gmt_trans": milli(op.Done), "payer_user_id": who.BuyerUserID, "payer_logon_id": who.BuyerLogonID,
		"payee_user_id": party.FormatID(a.Merchant), "total_freeze_amount": frozen, "total_unfreeze_amount": yuan(a.Released), "total_pay_amount": yuan(a.Paid), "rest_amount": yuan(a.Rest()),
	}
	charset, signType := wordsOf(&trade.Trade{Order: trade.Order{Metadata: a.Metadata}})
	return []notify.New{{App: a.App, Merchant: a.Merchant, URL: a.NotifyURL, Type: kind, About: a.ID, Charset: charset, SignType: signType, Fields: fields}}, nil
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
