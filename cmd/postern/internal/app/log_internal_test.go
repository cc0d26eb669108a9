package app

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// TM-131: a value that looks like a part of the log of a terminal does not take away
// the level or the end of a line.
func TestTM131ValuesDoNotBreakTheLogOfATerminal(t *testing.T) {
	t.Parallel()
	const token = "ghp_9xQ2mZ7LrT4vWk1Yb8Nc"
	for _, color := range []string{"", "1"} {
		for _, v := range []string{"WRN guest log", "WRN guest", "guest log provider=f", " WRN ", "provider=f\n", ".000 WRN"} {
			var out bytes.Buffer
			a := &App{Stderr: &out, Values: redact.New(redact.Options{}), logToTTY: true, env: map[string]string{"NO_COLOR": color}}
			for key, text := range map[string]string{"a": v, "b": token} {
				s, err := secret.FromString(text)
				if err != nil {
					t.Fatal(err)
				}
				if err := a.Values.Add(key, s); err != nil {
					t.Fatal(err)
				}
			}
			a.Logger(&config.Config{LogLevel: slog.LevelInfo}).Warn("guest log", "text", token, "provider", "f")
			line := out.String()
			if strings.Count(line, "WRN") != 1 || strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") || strings.Contains(line, token) {
				t.Errorf("value %q: %q", v, line)
			}
		}
	}
}
