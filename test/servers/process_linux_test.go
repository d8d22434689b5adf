package servers

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A test that is killed takes its servers with it.
func TestAServerEndsWithTheProcessThatStartedIt(t *testing.T) {
	if os.Getenv("TONGBAO_START_AND_WAIT") != "" {
		server := MariaDB(t)
		fmt.Println("started", server.cmd.Process.Pid, server.Dir)
		_, _ = os.Stdin.Read(make([]byte, 1)) // until somebody kills us
		return
	}
	_, err := mariadbd()
	missing(t, err)
	starter := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	starter.Env = append(os.Environ(), "TONGBAO_START_AND_WAIT=1")
	if _, err := starter.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := starter.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := starter.Start(); err != nil {
		t.Fatal(err)
	}
	pid := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) == 3 && words[0] == "started" {
			pid, _ = strconv.Atoi(words[1])
			defer os.RemoveAll(words[2])
			break
		}
	}
	if pid == 0 {
		t.Fatal("no server was started")
	}
	if err := starter.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = starter.Wait()
	eventually(t, "the server has ended", func() bool { return syscall.Kill(pid, 0) != nil })
}
