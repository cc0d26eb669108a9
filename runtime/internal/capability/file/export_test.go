package file

import (
	"os"
	"testing"
	"time"
)

// ChangeTime returns when a file was last changed.
func ChangeTime(t testing.TB, path string) time.Time {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return changeTime(info)
}
