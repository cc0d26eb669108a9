package window_test

import (
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/policy/internal/window"
)

// parse returns a window; an empty text leaves the default.
func parse(t *testing.T, hours, days, zone string) *window.Window {
	t.Helper()
	w := window.Always()
	if hours != "" {
		if err := w.ParseHours(hours); err != nil {
			t.Fatal(err)
		}
	}
	if days != "" {
		if err := w.ParseDays(days); err != nil {
			t.Fatal(err)
		}
	}
	if zone != "" {
		loc, err := window.ParseZone(zone)
		if err != nil {
			t.Fatal(err)
		}
		w.Location = loc
	}
	return &w
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func TestContains(t *testing.T) {
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
		if got := parse(t, tt.hours, tt.days, tt.zone).Contains(at(t, tt.at)); got != tt.want {
			t.Errorf("%+v: Contains = %v", tt, got)
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	var w window.Window
	for _, s := range []string{"", "8-9", "08:00", "08:00-08:00", "24:00-08:00", "08:60-09:00", "25:00-26:00", "08:00-24:01", "a8:00-09:00", "08:00-09:00-10:00"} {
		if w.ParseHours(s) == nil {
			t.Errorf("hours %q accepted", s)
		}
	}
	for _, s := range []string{"", "monday", "mon-", "-fri", "mon,", "mon fri", "Mon"} {
		if w.ParseDays(s) == nil {
			t.Errorf("days %q accepted", s)
		}
	}
	for _, s := range []string{"", "Local", "Europe/Nowhere", "../etc/passwd", "/etc/passwd"} {
		if _, err := window.ParseZone(s); err == nil {
			t.Errorf("zone %q accepted", s)
		}
	}
}

// TestNextAgainstMinutes compares Next with a search minute by minute.
func TestNextAgainstMinutes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ hours, days, zone, from string }{
		{"08:00-20:00", "mon-fri", "Europe/Berlin", "2026-03-27T12:10:30Z"},
		{"02:30-02:45", "", "Europe/Berlin", "2026-03-28T12:00:00Z"},
		{"02:30-02:45", "", "Europe/Berlin", "2026-10-24T12:00:00Z"},
		{"22:00-02:30", "sat", "Europe/Berlin", "2026-10-24T12:00:00Z"},
		{"", "sun", "Europe/Berlin", "2026-03-28T12:00:00Z"},
		{"01:45-02:15", "", "Australia/Lord_Howe", "2026-04-04T00:00:00Z"},
		{"23:00-01:00", "fri,mon", "America/New_York", "2026-10-30T00:00:00Z"},
		{"00:00-24:00", "tue", "Asia/Kathmandu", "2026-10-30T00:00:00Z"},
		{"00:00-24:00", "", "UTC", "2026-10-30T00:00:00Z"},
	} {
		w := parse(t, tt.hours, tt.days, tt.zone)
		moment := at(t, tt.from)
		for range 12 {
			got := w.Next(moment)
			want := moment.Truncate(60e9)
			inside, limit := w.Contains(moment), moment.AddDate(0, 0, 9)
			for want = want.Add(60e9); w.Contains(want) == inside && want.Before(limit); want = want.Add(60e9) {
			}
			if !want.Before(limit) {
				if !got.IsZero() {
					t.Errorf("%+v: Next(%s) = %s, want never", tt, moment, got)
				}
				break
			}
			if !got.Equal(want) {
				t.Errorf("%+v: Next(%s) = %s, want %s", tt, moment, got, want)
				break
			}
			moment = got
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from, until, zone, at string
		want                  bool
	}{
		{"2026-04-01", "2026-06-30", "UTC", "2026-03-31T23:59:59Z", false}, {"2026-04-01", "2026-06-30", "UTC", "2026-04-01T00:00:00Z", true},
		{"2026-04-01", "2026-06-30", "UTC", "2026-06-30T23:59:59Z", true}, {"2026-04-01", "2026-06-30", "UTC", "2026-07-01T00:00:00Z", false},
		{"2026-04-01", "", "Europe/Berlin", "2026-03-31T22:00:00Z", true}, {"2026-04-01", "", "Europe/Berlin", "2026-03-31T21:59:59Z", false},
		{"", "2026-03-29", "Europe/Berlin", "2026-03-29T21:59:59Z", true}, {"", "2026-03-29", "Europe/Berlin", "2026-03-29T22:00:00Z", false},
		{"", "2026-06-30T18:00:00Z", "Europe/Berlin", "2026-06-30T17:59:59Z", true}, {"", "2026-06-30T18:00:00Z", "Europe/Berlin", "2026-06-30T18:00:00Z", false},
		{"", "2026-06-30T18:00", "Europe/Berlin", "2026-06-30T16:00:00Z", false}, {"", "2026-06-30 18:00:00", "Europe/Berlin", "2026-06-30T15:59:59Z", true},
		{"2026-06-30T18:00:00+02:00", "", "UTC", "2026-06-30T16:00:00Z", true}, {"2026-06-30T18:00:00.5Z", "", "UTC", "2026-06-30T18:00:00Z", false},
	} {
		w := parse(t, "", "", tt.zone)
		if err := w.SetDates(tt.from, tt.until); err != nil {
			t.Errorf("%+v: %v", tt, err)
		} else if got := w.Contains(at(t, tt.at)); got != tt.want {
			t.Errorf("%+v: Contains = %v", tt, got)
		}
	}
	for _, bad := range [][2]string{{"2026-02-30", ""}, {"01.04.2026", ""}, {"tomorrow", ""}, {"2026-4-1", ""}, {"", "1775001600"}, {"2026-05-02", "2026-05-01"}, {"2026-05-02T10:00:00Z", "2026-05-02T10:00:00Z"}} {
		if w := window.Always(); w.SetDates(bad[0], bad[1]) == nil {
			t.Errorf("SetDates(%q) accepted", bad)
		}
	}
}

func TestNextFindsDates(t *testing.T) {
	t.Parallel()
	w := parse(t, "08:00-18:00", "mon-fri", "UTC")
	if err := w.SetDates("2026-06-06", "2026-06-09T12:00:00Z"); err != nil {
		t.Fatal(err)
	}
	moment := at(t, "2026-01-01T09:00:00Z")
	for _, want := range []string{"2026-06-08T08:00:00Z", "2026-06-08T18:00:00Z", "2026-06-09T08:00:00Z", "2026-06-09T12:00:00Z"} {
		if moment = w.Next(moment); !moment.Equal(at(t, want)) {
			t.Fatalf("Next = %s, want %s", moment, want)
		}
	}
	if last := w.Next(moment); !last.IsZero() {
		t.Errorf("Next after the last day = %s", last)
	}
}
