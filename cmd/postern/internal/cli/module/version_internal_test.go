package module

import "testing"

func TestOlderVersionTM067(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		now, pinned string
		want        bool
	}{
		{"1.2.0", "1.2.0", false}, {"1.2.1", "1.2.0", false}, {"1.10.0", "1.9.9", false}, {"2", "1.9", false}, {"v1.3", "1.2.9", false},
		{"1.1.9", "1.2.0", true}, {"1.9.9", "1.10.0", true}, {"1.2", "1.2.1", true}, {"1.2.0-rc1", "1.2.0", true}, {"1.2.0-a", "1.2.0-b", true},
		{"1.2.0", "1.2.0-rc1", false}, {"1.2.0+b2", "1.2.0+b3", false}, {"1.2", "1.2.0", false},
		{"", "1.0", true}, {"1.0", "", false}, {"", "", false},
		{"blue", "green", false}, {"1.x", "2.0", false}, {"18446744073709551616", "1", false},
	} {
		if got := olderVersion(c.now, c.pinned); got != c.want {
			t.Errorf("olderVersion(%q, %q) = %v, want %v", c.now, c.pinned, got, c.want)
		}
	}
}
