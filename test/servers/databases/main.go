// Command databases is a database server for tests that are no Go tests. It starts
// MariaDB and prints an address on loopback; whoever gets /new there is told the URL
// of a new, empty database. It ends, and removes everything, with its standard input.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"

	"tongbao/test/servers"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "databases:", err)
		os.Exit(1)
	}
}

func serve() error {
	db, err := servers.NewMariaDB()
	if err != nil {
		return err
	}
	defer os.RemoveAll(db.Dir)
	if err := db.Start(); err != nil {
		return err
	}
	defer db.Kill()
	root, err := db.Root()
	if err != nil {
		return err
	}
	defer root.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var made atomic.Int64
	http.HandleFunc("GET /new", func(w http.ResponseWriter, _ *http.Request) {
		name := fmt.Sprint("tongbao_", made.Add(1))
		if _, err := root.Exec("CREATE DATABASE " + name); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, db.URL(name))
	})
	go http.Serve(listener, nil)
	fmt.Println("http://" + listener.Addr().String())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
