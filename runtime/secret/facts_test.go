package secret_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/secret"
)

// TestCodesMatchTheirDocument compares every code with its row in
// testdata/codes.md, and finds codes and rows without the other.
func TestCodesMatchTheirDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/codes.md")
	if err != nil {
		t.Fatal(err)
	}
	retries := map[secret.RetryClass]string{
		secret.RetryNo: "no", secret.RetryYes: "yes", secret.RetryAfter: "after", secret.RetryCAS: "cas",
	}
	actions := map[secret.ChainAction]string{
		secret.ChainStop: "stop", secret.ChainContinue: "continue", secret.ChainContinueIfAllowed: "if allowed",
	}
	yesNo := map[bool]string{true: "yes", false: "no"}
	var got []string
	for _, code := range secret.Codes() {
		got = append(got, strings.Join([]string{
			string(code), retries[code.Retry()], actions[code.Chain()], yesNo[code.CountsForBreaker()],
			yesNo[code.CacheableAbsence()], strconv.Itoa(code.ExitCode()),
		}, " | "))
	}
	want := documented(string(text))
	for i := range max(len(got), len(want)) {
		var g, w string
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("row %d: the code has %q, the document %q", i+1, g, w)
		}
	}
}

// documented returns the rows of the table in a Markdown text, without its head
// and with one space around each bar.
func documented(text string) []string {
	var rows []string
	for line := range strings.Lines(text) {
		line, ok := strings.CutPrefix(strings.TrimSpace(line), "| ")
		if !ok || strings.HasPrefix(line, "Code ") {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(line, "|"), "|")
		for i, c := range cells {
			cells[i] = strings.TrimSpace(c)
		}
		rows = append(rows, strings.Join(cells, " | "))
	}
	return rows
}

// A code that is not listed is handled with care: no retry, no next provider,
// nothing cached.
func TestUnlistedCodes(t *testing.T) {
	t.Parallel()
	for _, code := range []secret.Code{"", "made_up", secret.ErrBackend} {
		if code.Retry() != secret.RetryNo || code.Chain() != secret.ChainStop || code.CountsForBreaker() || code.CacheableAbsence() {
			t.Errorf("%q: retry %d, chain %d, breaker %t, negative %t; want none of them",
				code, code.Retry(), code.Chain(), code.CountsForBreaker(), code.CacheableAbsence())
		}
		if got := code.ExitCode(); got != secret.ErrInternal.ExitCode() {
			t.Errorf("%q.ExitCode() = %d, want %d", code, got, secret.ErrInternal.ExitCode())
		}
	}
}
