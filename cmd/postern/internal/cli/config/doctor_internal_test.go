package config

import "testing"

func TestOlderGo(t *testing.T) {
	t.Parallel()
	for have, want := range map[string]bool{
		"go1.26.4": true, "go1.25": true, "go1.26.5": false, "go1.26.10": false, "go1.27": false, "go2.0": false, "devel": false,
		"go1.26.8 X:nocoverage": false,
	} {
		if got := olderGo(have, leastGo); got != want {
			t.Errorf("olderGo(%q) = %v, want %v", have, got, want)
		}
	}
}
