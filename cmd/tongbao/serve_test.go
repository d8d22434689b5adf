package main

import "testing"

func TestTheSandboxSaysWhereItsBooksAre(t *testing.T) {
	for address, want := range map[string]string{
		"":                            "Everything is kept in d1.",
		"pebble:d2":                   "The books are in pebble:d2;\n  d1 has the sandbox's names, the pretend bank and the pretend phone.",
		"mysql://u:secret@db/tongbao": "The books are in MariaDB 10.11.6 at db:3306/tongbao;\n  d1 has this server's key, the sandbox's names, the pretend bank and the pretend phone.",
	} {
		if got := kept("d1", address, "MariaDB 10.11.6"); got != want {
			t.Errorf("%q: %s", address, got)
		}
	}
}
