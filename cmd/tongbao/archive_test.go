package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongbao"
	"tongbao/test/servers"
)

func TestADayThatHasNotBegunIsNotArchived(t *testing.T) {
	url, to := servers.MariaDB(t).Database(t), filepath.Join(t.TempDir(), "archive")
	archive := func(day time.Time) (int, string) {
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"archive", "--store", url, "--before", day.In(tongbao.Shanghai).Format(time.DateOnly), "--to", to}, &out, &errs)
		return code, out.String() + errs.String()
	}
	if code, said := archive(time.Now().AddDate(0, 0, 2)); code == 0 || !strings.Contains(said, "has not begun; name today or an earlier day") {
		t.Errorf("the day after tomorrow: %d %s", code, said)
	}
	if _, err := os.Stat(to); err == nil {
		t.Error("a refused archive made its folder")
	}
	if code, said := archive(time.Now()); code != 0 {
		t.Errorf("today: %d %s", code, said)
	}
}
