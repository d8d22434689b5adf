package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"tongbao"
	"tongbao/internal/money"
)

var operatorCommand = command{
	name: "operator", takes: "LOGIN --role agent|auditor|admin [--name NAME] [--data DIR]",
	does: "give somebody access to the console of the running platform",
	long: `Makes an operator on the platform that runs on the data folder. The password is
read from the standard input, one line.`,
	run: func(ctx context.Context, c *call) error {
		role := c.flags.String("role", "agent", "`role`: agent, auditor or admin")
		name := c.flags.String("name", "", "`name` of the person; default: the login")
		data := c.flags.String("data", "data", "data `folder`")
		args, err := c.parse(1, 1)
		if err != nil {
			return err
		}
		made, err := makeColleague(ctx, *data, "/operator", tongbao.Colleague{Login: args[0], Name: orElse(*name, args[0]), Role: *role})
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "operator %s can sign in as %s\n", made.ID, args[0])
		return nil
	},
}

var merchantCommand = command{
	name: "merchant", takes: "NAME --login LOGIN [--fee-rate MILLIONTHS] [--data DIR]",
	does: "take a merchant on, on the running platform",
	long: `Makes a merchant with its first owner and its first API key, which is printed
this once, on the platform that runs on the data folder. The owner's password is
read from the standard input, one line.`,
	run: func(ctx context.Context, c *call) error {
		login := c.flags.String("login", "", "the owner's `login`")
		rate := c.flags.Int64("fee-rate", 6000, "the platform's fee in `millionths` of each payment: 6000 is 0.6 %")
		data := c.flags.String("data", "data", "data `folder`")
		args, err := c.parse(1, 1)
		if err != nil {
			return err
		}
		made, err := makeColleague(ctx, *data, "/merchant", tongbao.Colleague{Login: *login, Name: args[0], FeeRate: money.Rate(*rate)})
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "merchant %s\napi key %s\n", made.ID, made.APIKey)
		return nil
	},
}

func makeColleague(ctx context.Context, data, path string, who tongbao.Colleague) (tongbao.Made, error) {
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	who.Password = strings.TrimRight(line, "\r\n")
	if who.Password == "" {
		return tongbao.Made{}, fmt.Errorf("no password came on the standard input: %w", err)
	}
	made, err := tongbao.Control[tongbao.Made](ctx, data, path, who)
	if errors.Is(err, tongbao.ErrNotRunning) {
		return made, fmt.Errorf("no platform runs on %s; start it first", data)
	}
	return made, err
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
