package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tongbao"
)

// apiFlags are where the API is and with which key; both are read from the
// sandbox's file where they aren't given.
func apiFlags(c *call) func() (url, key string, err error) {
	url := c.flags.String("url", "", "`address` of the platform; default: the sandbox's")
	key := c.flags.String("key", os.Getenv("TONGBAO_API_KEY"), "API `key`; default: $TONGBAO_API_KEY, or the sandbox merchant's")
	data := c.flags.String("data", "data", "data `folder` of a sandbox on this machine")
	return func() (string, string, error) {
		if *url != "" && *key != "" {
			return strings.TrimSuffix(*url, "/"), *key, nil
		}
		text, err := os.ReadFile(filepath.Join(*data, "sandbox.json"))
		if err != nil {
			return "", "", misused("no sandbox was found in %s (%v); say --url and --key", *data, err)
		}
		var f tongbao.SandboxFile
		if err := json.Unmarshal(text, &f); err != nil {
			return "", "", fmt.Errorf("read sandbox.json: %w", err)
		}
		return orElse(strings.TrimSuffix(*url, "/"), f.APIURL), orElse(*key, f.Merchant.APIKey), nil
	}
}

var listenCommand = command{
	name: "listen", takes: "[--url URL] [--key KEY] [--data DIR]",
	does: "print a merchant's events as they come",
	long: `Prints each event of the merchant as one JSON object a line, until Ctrl-C. A
broken connection is taken up again where it broke.`,
	run: func(ctx context.Context, c *call) error {
		where := apiFlags(c)
		if _, err := c.parse(0, 0); err != nil {
			return err
		}
		url, key, err := where()
		if err != nil {
			return err
		}
		fmt.Fprintln(c.errors, "listening to", url)
		last := ""
		for {
			err := follow(ctx, url, key, &last, c.out)
			if ctx.Err() != nil {
				return nil
			}
			var refused *refusedError
			if errors.As(err, &refused) {
				return err
			}
			fmt.Fprintf(c.errors, "connection lost (%v); trying again\n", err)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(time.Second):
			}
		}
	},
}

type refusedError struct{ text string }

func (e *refusedError) Error() string { return e.text }

// follow prints events of the stream until it ends; last is the newest one's id.
func follow(ctx context.Context, url, key string, last *string, out io.Writer) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/v1/events/stream", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Accept", "text/event-stream")
	if *last != "" {
		request.Header.Set("Last-Event-ID", *last)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
		return &refusedError{fmt.Sprintf("%s: %s", response.Status, bytes.TrimSpace(text))}
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	id, data := "", ""
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			id = value
		case "data":
			data += value
		case "":
			if data != "" {
				fmt.Fprintln(out, data)
			}
			if id != "" {
				*last = id
			}
			data = ""
		}
	}
	return lines.Err()
}

var triggerCommand = command{
	name: "trigger", takes: "EVENT-TYPE [--endpoint ID] [--url URL] [--key KEY] [--data DIR]",
	does: "send a test event to a webhook endpoint",
	long: `Has the platform make a test event of the type and deliver it, signed, to the
merchant's endpoint: the one named, or every one.`,
	run: func(ctx context.Context, c *call) error {
		where := apiFlags(c)
		endpoint := c.flags.String("endpoint", "", "`id` of the endpoint; default: all of them")
		args, err := c.parse(1, 1)
		if err != nil {
			return err
		}
		url, key, err := where()
		if err != nil {
			return err
		}
		ids := []string{*endpoint}
		if *endpoint == "" {
			var list struct {
				Data []struct {
					ID string `json:"id"`
				} `json:"data"`
			}
			if err := ask(ctx, http.MethodGet, url+"/v1/webhook-endpoints", key, nil, &list); err != nil {
				return err
			}
			ids = nil
			for _, e := range list.Data {
				ids = append(ids, e.ID)
			}
			if len(ids) == 0 {
				return errors.New("the merchant has no webhook endpoint; POST /v1/webhook-endpoints makes one")
			}
		}
		for _, id := range ids {
			var answer json.RawMessage
			if err := ask(ctx, http.MethodPost, url+"/v1/webhook-endpoints/"+id+"/test", key, map[string]string{"event_type": args[0]}, &answer); err != nil {
				return err
			}
			fmt.Fprintf(c.out, "%s\n", answer)
		}
		return nil
	},
}

// ask makes one call of the API.
func ask(ctx context.Context, method, url, key string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", rand.Text())
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s", response.Status, bytes.TrimSpace(text))
	}
	return json.Unmarshal(text, out)
}
