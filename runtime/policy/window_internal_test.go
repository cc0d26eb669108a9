package policy

import (
	"testing"
	"time"
)

func testWindow(t *testing.T, hours, days, zone string) *window {
	t.Helper()
	w := &window{days: allDays, loc: time.UTC}
	for _, part := range []struct {
		text  string
		parse func(string) error
	}{{hours, w.parseHours}, {days, w.parseDays}, {zone, w.parseZone}} {
		if part.text == "" {
			continue
		}
		if err := part.parse(part.text); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func testTime(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestWindowContains(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		hours, days, zone, at string
		want                  bool
	}{
		{"08:00-20:00", "mon-fri", "UTC", "2026-03-02T08:00:00Z", true},
		{"08:00-20:00", "mon-fri", "UTC", "2026-03-02T20:00:00Z", false},
		{"08:00-20:00", "mon-fri", "UTC", "2026-03-01T12:00:00Z", false},
		{"22:00-06:00", "fri", "UTC", "2026-03-06T23:00:00Z", true},
		{"22:00-06:00", "fri", "UTC", "2026-03-07T05:59:59Z", true},
		{"22:00-06:00", "fri", "UTC", "2026-03-06T05:00:00Z", false},
		{"22:00-06:00", "fri", "UTC", "2026-03-07T23:00:00Z", false},
		{"", "fri-mon", "UTC", "2026-03-01T12:00:00Z", true},
		{"", "fri-mon", "UTC", "2026-03-03T12:00:00Z", false},
		{"09:00-10:00", "", "Europe/Berlin", "2026-07-01T07:30:00Z", true},
		{"09:00-10:00", "", "Europe/Berlin", "2026-01-01T07:30:00Z", false},
		{"00:00-24:00", "", "UTC", "2026-01-01T23:59:59Z", true},
	} {
		if got := testWindow(t, tt.hours, tt.days, tt.zone).contains(testTime(t, tt.at)); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

func TestWindowRefuses(t *testing.T) {
	t.Parallel()
	var w window
	for _, s := range []string{"", "8-9", "08:00", "08:00-08:00", "24:00-08:00", "08:60-09:00", "25:00-26:00", "08:00-24:01", "a8:00-09:00", "08:00-09:00-10:00"} {
		if w.parseHours(s) == nil {
			t.Errorf("hours %q accepted", s)
		}
	}
	for _, s := range []string{"", "monday", "mon-", "-fri", "mon,", "mon fri", "Mon"} {
		if w.parseDays(s) == nil {
			t.Errorf("days %q accepted", s)
		}
	}
	for _, s := range []string{"", "Local", "Europe/Nowhere", "../etc/passwd", "/etc/passwd"} {
		if w.parseZone(s) == nil {
			t.Errorf("zone %q accepted", s)
		}
	}
}
