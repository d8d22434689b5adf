// Package shop is an example: a small market of several sellers that lets
// strangers trade through Tongbao. It is written the way any customer would
// write it. All it knows of Tongbao is the public HTTP API (tongbao.go), signed
// webhooks (webhook.go) and two addresses to send a browser to, the cashier and
// the wallet. It keeps its own goods and orders; it never sees a password, a
// card or a balance, and it believes only what Tongbao answers, never what a
// returning browser says.
package shop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Config is what the shop must be told.
type Config struct {
	TongbaoURL string   // where the API answers, e.g. http://localhost:8080
	PublicURL  string   // where browsers and Tongbao reach this shop
	WalletURL  string   // the wallet's first page; orders are at {WalletURL}orders/{payment id}
	DataDir    string   // orders.jsonl lives here
	Sellers    []Seller // who sells; each is a merchant of Tongbao with its own key

	Client *http.Client     // for calls of the API; nil means one that waits ten seconds
	Logger *slog.Logger     // nil means slog.Default()
	Now    func() time.Time // nil means time.Now
}

// Seller is one merchant of Tongbao behind one shelf of the market.
type Seller struct {
	MerchantID string
	Name       string // as Tongbao knows it; picks the shelf when Shelf is empty
	APIKey     string
	// WebhookSecret (whsec_…) verifies webhooks for this seller. When it is
	// empty, the shop makes its own webhook endpoint through the API, as soon
	// as Tongbao answers, and keeps the secret in DataDir.
	WebhookSecret string
	Shelf         string // lake-tea, celadon, hill-books, cloudware, warm-house; empty: by Name, else the next free one
}

// Shop is the whole market as an http.Handler. Close it before shutting the
// server down: it ends the live streams and closes the order file.
type Shop struct {
	cfg     Config
	log     *slog.Logger
	now     func() time.Time
	tongbao *tongbao
	goods   *catalogue
	book    *book
	live    *live
	acting  *keyedLock // one act at a time on an order
	handler http.Handler

	secretsMu sync.RWMutex
	secrets   map[string]string // shelf → whsec_…

	stop context.CancelFunc
	done context.Context
	work sync.WaitGroup
}

// New opens the order file and begins to serve. Tongbao need not be up yet:
// until it is, people can look and order, and are told that paying must wait.
func New(cfg Config) (*Shop, error) {
	if cfg.TongbaoURL == "" || cfg.PublicURL == "" || cfg.DataDir == "" {
		return nil, errors.New("shop: TongbaoURL, PublicURL and DataDir are needed")
	}
	if len(cfg.Sellers) == 0 {
		return nil, errors.New("shop: at least one seller is needed")
	}
	cfg.TongbaoURL = strings.TrimRight(cfg.TongbaoURL, "/")
	cfg.PublicURL = strings.TrimRight(cfg.PublicURL, "/")
	if cfg.WalletURL == "" {
		cfg.WalletURL = cfg.TongbaoURL + "/wallet"
	}
	cfg.WalletURL = strings.TrimRight(cfg.WalletURL, "/") + "/"
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: 10 * time.Second}
	}

	goods, err := openCatalogue(cfg.Sellers)
	if err != nil {
		return nil, err
	}
	book, err := openBook(cfg.DataDir, cfg.Now)
	if err != nil {
		return nil, err
	}
	done, stop := context.WithCancel(context.Background())
	s := &Shop{
		cfg:     cfg,
		log:     cfg.Logger,
		now:     cfg.Now,
		tongbao: &tongbao{url: cfg.TongbaoURL, client: cfg.Client, now: cfg.Now},
		goods:   goods,
		book:    book,
		live:    newLive(),
		acting:  newKeyedLock(),
		secrets: map[string]string{},
		stop:    stop,
		done:    done,
	}
	s.handler = s.routes()
	var unheard []Seller
	for _, seller := range goods.sellers {
		if seller.WebhookSecret != "" {
			if _, err := webhookKey(seller.WebhookSecret); err != nil {
				stop()
				book.close()
				return nil, fmt.Errorf("shop: seller %s: %w", seller.MerchantID, err)
			}
			s.secrets[seller.Shelf] = seller.WebhookSecret
			continue
		}
		if kept, known := book.endpoint(seller.MerchantID); known {
			s.secrets[seller.Shelf] = kept.Secret // good until the check says otherwise
		}
		unheard = append(unheard, seller)
	}
	for _, seller := range unheard {
		s.work.Go(func() { s.subscribe(seller) })
	}
	s.work.Go(s.deliverLate)
	return s, nil
}

// Close ends live streams and background work and closes the order file.
func (s *Shop) Close() error {
	s.stop()
	s.work.Wait()
	return s.book.close()
}

func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// subscribe sees to it that Tongbao tells us about a seller's payments: it
// looks whether the endpoint made by an earlier run is still there, tells it when
// the shop has moved, and makes one if there is none. It tries until Tongbao answers.
func (s *Shop) subscribe(seller Seller) {
	for wait := 200 * time.Millisecond; ; wait = min(2*wait, 30*time.Second) {
		endpoint, err := s.endpoint(seller)
		if err == nil {
			s.secretsMu.Lock()
			s.secrets[seller.Shelf] = endpoint.Secret
			s.secretsMu.Unlock()
			s.log.Info("webhooks are on", "seller", seller.Name, "endpoint", endpoint.ID)
			return
		}
		if s.done.Err() != nil {
			return
		}
		s.log.Warn("webhooks are not on yet; orders follow when looked at", "seller", seller.Name, "err", err, "again_in", wait)
		select {
		case <-s.done.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (s *Shop) webhookURL() string { return s.cfg.PublicURL + "/webhooks/tongbao" }

func (s *Shop) endpoint(seller Seller) (Endpoint, error) {
	url := s.webhookURL()
	kept, known := s.book.endpoint(seller.MerchantID)
	if known {
		there, err := s.tongbao.hasWebhookEndpoint(s.done, seller.APIKey, kept.ID)
		if err != nil {
			return Endpoint{}, err
		}
		if there && kept.URL != url { // the shop has moved; the secret stays
			if err := s.tongbao.moveWebhookEndpoint(s.done, seller.APIKey, kept.ID, url); err != nil {
				return Endpoint{}, err
			}
			kept.URL = url
			return kept, s.book.keepEndpoint(kept)
		}
		if there {
			return kept, nil
		}
	}
	// The key holds the folder's own name, so that an emptied folder asks for
	// a new endpoint (a secret is shown only once), and the lost one, so that a
	// Tongbao that forgot it is asked anew; a lost answer is repeated.
	key := "webhook-" + s.book.name() + "-" + digest(seller.MerchantID, kept.ID)
	made, err := s.tongbao.createWebhookEndpoint(s.done, seller.APIKey, key, url)
	if err != nil {
		return Endpoint{}, err
	}
	if _, err := webhookKey(made.Secret); err != nil {
		return Endpoint{}, err
	}
	made.MerchantID, made.URL = seller.MerchantID, url
	return made, s.book.keepEndpoint(made)
}

// deliverLate hands over virtual goods whose delivery failed the first time,
// or was paid while the shop was down.
func (s *Shop) deliverLate() {
	for {
		for _, no := range s.book.waitingForDelivery() {
			ctx, cancel := context.WithTimeout(s.done, 15*time.Second)
			if _, err := s.refresh(ctx, no, ""); err != nil && s.done.Err() == nil {
				s.log.Warn("virtual goods not delivered; will try again", "order", no, "err", err)
			}
			cancel()
		}
		select {
		case <-s.done.Done():
			return
		case <-time.After(30 * time.Second):
		}
	}
}
