package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

func (s *Server) registerApps(api huma.API) {
	const tag = "Applications"
	add(api, op{ID: "list-apps", Path: "/v1/apps", Tag: tag, Who: merchant, Summary: "List applications"}, s.listApps)
	add(api, op{ID: "create-app", Method: http.MethodPost, Path: "/v1/apps", Tag: tag, Who: merchant, Status: http.StatusCreated, Summary: "Register an application",
		Doc:   "A program that speaks the merchants' protocol, at gateway_url. Make the key pair where the program runs; the private key never comes here. The encryption key is in this answer and in no other. Owners only.",
		Codes: []refusal.Code{refusal.RateLimited}}, s.createApp)
	add(api, op{ID: "get-app", Path: "/v1/apps/{id}", Tag: tag, Who: merchant, Summary: "Look at an application", Codes: []refusal.Code{refusal.NotFound}}, s.getApp)
	add(api, op{ID: "update-app", Method: http.MethodPatch, Path: "/v1/apps/{id}", Tag: tag, Who: merchant, Summary: "Change an application",
		Doc: "A new key or certificate counts at once. Owners only.", Codes: []refusal.Code{refusal.NotFound}}, s.updateApp)
	add(api, op{ID: "issue-app-certificate", Method: http.MethodPost, Path: "/v1/apps/{id}/certificate", Tag: tag, Who: merchant, Summary: "Have a certificate issued for the application's public key",
		Doc: "Signed by the platform's root, and put in the place of the one before.", Codes: []refusal.Code{refusal.NotFound}}, s.issueAppCertificate)
	add(api, op{ID: "reset-app-encryption-key", Method: http.MethodPost, Path: "/v1/apps/{id}/encryption-key", Tag: tag, Who: merchant, Summary: "Change the encryption key",
		Doc: "The new one is in this answer and in no other; the old one decrypts nothing any more.", Codes: []refusal.Code{refusal.NotFound}}, s.resetEncryptionKey)
	add(api, op{ID: "reset-app-md5-key", Method: http.MethodPost, Path: "/v1/apps/{id}/md5-key", Tag: tag, Who: merchant, Summary: "Make or change the key of the classic protocol",
		Doc: "For programs of the classic protocol (service and partner in place of method and app_id) that sign by MD5. An application has none until it asks. The new key is in this answer and in no other; the old one signs nothing any more.", Codes: []refusal.Code{refusal.NotFound}}, s.resetMD5Key)
}

// App is a merchant's program of the merchants' protocol.
type App struct {
	ID                  string    `json:"id" example:"2021000012345678" doc:"The protocol's app_id."`
	Partner             string    `json:"partner" example:"2088000000000017" doc:"The classic protocol's partner: the merchant's number."`
	Name                string    `json:"name" example:"Shop server"`
	GatewayURL          string    `json:"gateway_url" example:"https://pay.example.com/gateway.do"`
	PublicKey           *string   `json:"public_key" example:"-----BEGIN PUBLIC KEY-----…" doc:"The program's, PEM."`
	Certificate         *string   `json:"certificate" example:"-----BEGIN CERTIFICATE-----…" doc:"The program's, PEM; for certificate mode."`
	CertificateSerialNo *string   `json:"certificate_serial_no" example:"4f0c8a1e9d2b3c4d5e6f708192a3b4c5"`
	PlatformPublicKey   string    `json:"platform_public_key" example:"-----BEGIN PUBLIC KEY-----…" doc:"What answers and notices are verified with."`
	PlatformCertificate string    `json:"platform_certificate" example:"-----BEGIN CERTIFICATE-----…"`
	RootCertificate     string    `json:"root_certificate" example:"-----BEGIN CERTIFICATE-----…"`
	MessageURL          string    `json:"message_url" example:"" doc:"Where messages that belong to no order go."`
	CallbackURL         string    `json:"callback_url" example:"" doc:"Where a person's browser returns to with a grant."`
	Methods             []string  `json:"methods" example:"[\"alipay.trade.*\"]" doc:"What it may call; empty for everything."`
	SHA1                bool      `json:"sha1" example:"false" doc:"Whether it may sign by the old sign type RSA."`
	Tells               []string  `json:"tells" example:"[\"TRADE_CLOSED\"]" doc:"States that it is told of beside payment and refunds."`
	CreatedAt           Time      `json:"created_at"`
	DisabledAt          MaybeTime `json:"disabled_at"`
	EncryptionKey       *string   `json:"encryption_key,omitempty" example:"2vzRnf…" doc:"AES, base64. Once, when it is made or changed. A repeat of that request doesn't have it."`
	HasMD5Key           bool      `json:"has_md5_key" example:"false" doc:"Whether it has a key of the classic protocol."`
	MD5Key              *string   `json:"md5_key,omitempty" example:"q3v8k…" doc:"The classic protocol's key. Once, when it is made or changed. A repeat of that request doesn't have it."`
}

func (s *Server) appView(ctx context.Context, a party.App, secret party.Secret) (App, error) {
	root, _, err := s.opt.Identity.KnownAppRoot(ctx)
	v := App{ID: a.ID, Partner: party.FormatID(a.Merchant), HasMD5Key: a.MD5Key != "", Name: a.Name, GatewayURL: s.opt.BaseURL + "/gateway.do", PublicKey: maybe(a.PublicKey), Certificate: maybe(a.Certificate), CertificateSerialNo: maybe(a.SerialNo),
		PlatformPublicKey: a.PlatformPublicKey, PlatformCertificate: a.PlatformCertificate, RootCertificate: root.Certificate, MessageURL: a.MessageURL, CallbackURL: a.CallbackURL,
		Methods: a.Methods, SHA1: a.SHA1, Tells: a.Tells, CreatedAt: Time(a.Created), DisabledAt: MaybeTime(a.Disabled), EncryptionKey: maybe(secret.Reveal())}
	if v.Methods == nil {
		v.Methods = []string{}
	}
	if v.Tells == nil {
		v.Tells = []string{}
	}
	return v, err
}

// app renders what became of an application.
func (s *Server) app(ctx context.Context, a party.App, secret party.Secret, err error) (*answer[App], error) {
	if err != nil {
		return nil, err
	}
	v, err := s.appView(ctx, a, secret)
	return render(v, err)
}

func (s *Server) listApps(ctx context.Context, _ *struct{}) (*answer[Page[App]], error) {
	who, err := s.merchant(ctx, party.View)
	if err != nil {
		return nil, err
	}
	apps, err := s.opt.Identity.AppsOf(ctx, who.ID)
	if err != nil {
		return nil, err
	}
	page := Page[App]{Data: []App{}}
	for i := len(apps) - 1; i >= 0; i-- {
		v, err := s.appView(ctx, apps[i], "")
		if err != nil {
			return nil, err
		}
		page.Data = append(page.Data, v)
	}
	return render(page, nil)
}

// NewApp is an application to register.
type NewApp struct {
	Name      string `json:"name" minLength:"1" maxLength:"60" example:"Shop server"`
	PublicKey string `json:"public_key,omitempty" maxLength:"16384" example:"-----BEGIN PUBLIC KEY-----…" doc:"RSA, 2048 bits or more, as PEM or bare base64. It can come later."`
}

func (s *Server) createApp(ctx context.Context, in *struct{ Body NewApp }) (*answer[App], error) {
	who, err := s.merchant(ctx, party.ManageKeys)
	if err != nil {
		return nil, err
	}
	a, secret, err := s.opt.Identity.CreateApp(ctx, s.ask(ctx), who.ID, identity.NewApp{Name: in.Body.Name, PublicKey: in.Body.PublicKey})
	return s.app(ctx, a, secret, err)
}

func (s *Server) getApp(ctx context.Context, in *ByID) (*answer[App], error) {
	who, err := s.merchant(ctx, party.View)
	if err != nil {
		return nil, err
	}
	a, err := s.opt.Identity.AppOf(ctx, who.ID, in.ID)
	return s.app(ctx, a, "", named("id", err))
}

// AppChange is what changes; what is absent stays.
type AppChange struct {
	Name        *string   `json:"name,omitempty" minLength:"1" maxLength:"60" example:"Shop server"`
	PublicKey   *string   `json:"public_key,omitempty" maxLength:"16384" example:"-----BEGIN PUBLIC KEY-----…"`
	Certificate *string   `json:"certificate,omitempty" maxLength:"65536" example:"-----BEGIN CERTIFICATE-----…" doc:"PEM; empty takes it away."`
	MessageURL  *string   `json:"message_url,omitempty" maxLength:"512" example:"https://shop.example.com/messages"`
	CallbackURL *string   `json:"callback_url,omitempty" maxLength:"512" example:"https://shop.example.com/granted"`
	Methods     *[]string `json:"methods,omitempty" maxItems:"200" example:"[\"alipay.trade.*\"]"`
	SHA1        *bool     `json:"sha1,omitempty" example:"false"`
	Tells       *[]string `json:"tells,omitempty" maxItems:"3" example:"[\"TRADE_CLOSED\"]" doc:"WAIT_BUYER_PAY, TRADE_CLOSED, TRADE_FINISHED."`
	Disabled    *bool     `json:"disabled,omitempty" example:"false"`
}

func (s *Server) updateApp(ctx context.Context, in *struct {
	ByID
	Body AppChange
}) (*answer[App], error) {
	who, err := s.merchant(ctx, party.ManageKeys)
	if err != nil {
		return nil, err
	}
	a, err := s.opt.Identity.UpdateApp(ctx, s.ask(ctx), who.ID, in.ID, identity.AppChange(in.Body))
	return s.app(ctx, a, "", named("id", err))
}

func (s *Server) issueAppCertificate(ctx context.Context, in *ActOn) (*answer[App], error) {
	who, err := s.merchant(ctx, party.ManageKeys)
	if err != nil {
		return nil, err
	}
	a, err := s.opt.Identity.IssueAppCertificate(ctx, s.ask(ctx), who.ID, in.ID)
	return s.app(ctx, a, "", named("id", err))
}

func (s *Server) resetEncryptionKey(ctx context.Context, in *ActOn) (*answer[App], error) {
	who, err := s.merchant(ctx, party.ManageKeys)
	if err != nil {
		return nil, err
	}
	a, secret, err := s.opt.Identity.ResetEncryptKey(ctx, s.ask(ctx), who.ID, in.ID)
	return s.app(ctx, a, secret, named("id", err))
}

func (s *Server) resetMD5Key(ctx context.Context, in *ActOn) (*answer[App], error) {
	who, err := s.merchant(ctx, party.ManageKeys)
	if err != nil {
		return nil, err
	}
	a, secret, err := s.opt.Identity.ResetMD5Key(ctx, s.ask(ctx), who.ID, in.ID)
	if err != nil {
		return nil, named("id", err)
	}
	v, err := s.appView(ctx, a, "")
	v.MD5Key = maybe(secret.Reveal())
	return render(v, err)
}
