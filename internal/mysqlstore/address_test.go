package mysqlstore

import (
	"strings"
	"testing"
)

func TestAnAddressIsUnderstood(t *testing.T) {
	a, err := parseAddress("mysql://u%40t:p%3A%2F@a:1, b ,[::1]:3/books?durable=no&archive=/srv/a")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(a.hosts, " "); got != "a:1 b:3306 [::1]:3" {
		t.Errorf("the hosts are %s", got)
	}
	if a.config.User != "u@t" || a.config.Passwd != "p:/" || a.config.DBName != "books" || !a.unsafe || a.archive != "/srv/a" {
		t.Errorf("it is taken for user %q, password %q, database %q, unsafe %t, archive %q", a.config.User, a.config.Passwd, a.config.DBName, a.unsafe, a.archive)
	}
	if where := Where("mysql+tls://u:secret@a:1, b/books"); where != "a:1,b:3306/books" {
		t.Errorf("it is shown as %q", where)
	}
}

// durable is no, or it isn't there.
func TestAnAddressIsUnsafeWhereItSaysSoAlone(t *testing.T) {
	const books = "mysql://u:p@a/books"
	for options, want := range map[string]bool{"": false, "?archive=/srv/a": false, "?durable=no": true} {
		if a, err := parseAddress(books + options); err != nil || a.unsafe != want {
			t.Errorf("%q: %v", options, err)
		}
	}
	for _, options := range []string{"?durable=nope", "?durable=", "?durable=yes", "?durable=no&durable=yes", "?durable=NO"} {
		if _, err := parseAddress(books + options); err == nil || !strings.Contains(err.Error(), "only durable=no") {
			t.Errorf("%q: %v", options, err)
		}
	}
}
