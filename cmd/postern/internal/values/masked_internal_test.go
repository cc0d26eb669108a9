package values

import (
	"strings"
	"testing"
)

func TestHasMask(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"[REDACTED]": true, "[REDACTED:db/url]": true, "postgres://app:[REDACTED:PW:********cdef]@db": true, "a\n[REDACTED:k]\n": true,
		"[REDACTED [REDACTED:k]": true, "": false, "REDACTED": false, "[REDACTED": false, "[REDACTED:": false, "[REDACTED:]": false,
		"[REDACTED:k\n]": false, "[REDACTEDx]": false, "[redacted:k]": false, "[REDACTED:" + strings.Repeat("x", maxMaskKey) + "]": false,
	} {
		if got := HasMask([]byte(text)); got != want {
			t.Errorf("HasMask(%.40q) = %v", text, got)
		}
		if what := FindStandIn([]byte(text)); (what == maskedValue) != want {
			t.Errorf("FindStandIn(%.40q) = %q", text, what)
		}
	}
}
