// Command shop runs the example market by itself, against a Tongbao that runs
// elsewhere (sandbox starts it in its own process instead), or with -pretend
// against a small imitation that needs nothing else.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"tongbao/examples/shop"
	"tongbao/examples/shop/pretend"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// settings is the file named by -config. Its names are those of sandbox.json,
// so that file will do.
type settings struct {
	APIURL    string `json:"api_url"`
	WalletURL string `json:"wallet_url"`
	Sellers   []struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		APIKey string `json:"api_key"`
		Secret string `json:"webhook_secret"`
		Shelf  string `json:"shelf"`
	} `json:"sellers"`
}

func run() error {
	listen := flag.String("listen", "127.0.0.1:8890", "address to listen on")
	public := flag.String("public", "", "how browsers and Tongbao reach the shop (default http://LISTEN)")
	config := flag.String("config", "", "JSON file with api_url, wallet_url and sellers [{id, name, api_key, shelf}]; a sandbox.json will do")
	data := flag.String("data", "data/shop", "folder for the orders")
	imitate := flag.String("pretend", "", "address for a pretend Tongbao, in place of -config; for working on the screens")
	flag.Parse()

	cfg := shop.Config{PublicURL: *public, DataDir: *data}
	if cfg.PublicURL == "" {
		cfg.PublicURL = "http://" + *listen
	}
	switch {
	case *imitate != "":
		tongbao := pretend.New("http://" + *imitate)
		at, err := net.Listen("tcp", *imitate)
		if err != nil {
			return err
		}
		go http.Serve(at, tongbao)
		cfg.TongbaoURL, cfg.WalletURL = tongbao.URL, tongbao.URL+"/wallet/"
		for i, name := range []string{"西湖茶舍 Lake Tea", "青瓷坊 Celadon Workshop", "山野书店 Hill Books", "云端软件 Cloudware", "暖屋家居 Warm House"} {
			m := tongbao.Merchant(fmt.Sprintf("2088800000000%03d", i+1), name)
			cfg.Sellers = append(cfg.Sellers, shop.Seller{MerchantID: m.ID, Name: m.Name, APIKey: m.APIKey})
		}
	case *config != "":
		text, err := os.ReadFile(*config)
		if err != nil {
			return err
		}
		var s settings
		if err := json.Unmarshal(text, &s); err != nil {
			return fmt.Errorf("%s: %w", *config, err)
		}
		cfg.TongbaoURL, cfg.WalletURL = s.APIURL, s.WalletURL
		for _, m := range s.Sellers {
			cfg.Sellers = append(cfg.Sellers, shop.Seller{MerchantID: m.ID, Name: m.Name, APIKey: m.APIKey, WebhookSecret: m.Secret, Shelf: m.Shelf})
		}
	default:
		return errors.New("say where Tongbao is: -config FILE, or -pretend 127.0.0.1:8891")
	}

	market, err := shop.New(cfg)
	if err != nil {
		return err
	}
	defer market.Close()
	server := &http.Server{Addr: *listen, Handler: market, ReadHeaderTimeout: 10 * time.Second}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() {
		market.Close() // first: it ends the live streams, which Shutdown would wait for
		late, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		server.Shutdown(late)
	})
	slog.Info("the market is open", "url", cfg.PublicURL, "tongbao", cfg.TongbaoURL)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
