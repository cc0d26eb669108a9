package window_test

import (
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/policy/internal/window"
)

// changes returns the moments between two years at which clocks of a zone change.
func changes(t *testing.T, zone string, first, last int) (at []time.Time) {
	t.Helper()
	loc, err := window.ParseZone(zone)
	if err != nil {
		t.Fatal(err)
	}
	moment := time.Date(first, 1, 1, 0, 0, 0, 0, time.UTC).In(loc)
	for {
		_, end := moment.ZoneBounds()
		if end.IsZero() || end.Year() > last {
			return at
		}
		at, moment = append(at, end), end
	}
}

// zones set their clocks forward and back before, at and after midnight, by an hour,
// by half of one and by a day.
var zones = []string{
	"America/Santiago", "Atlantic/Azores", "America/Havana", "Asia/Beirut", "Africa/Cairo", "America/Asuncion", "America/Sao_Paulo",
	"America/St_Johns", "America/Nuuk", "America/Scoresbysund", "Asia/Gaza", "Asia/Amman", "Asia/Tehran", "Australia/Lord_Howe",
	"Europe/Berlin", "America/New_York", "Pacific/Apia", "Pacific/Auckland", "Antarctica/Troll", "UTC",
}

func TestDateIsTheWholeLocalDay(t *testing.T) {
	t.Parallel()
	for _, zone := range zones {
		for _, change := range append(changes(t, zone, 2011, 2011), changes(t, zone, 2026, 2026)...) {
			for d := -1; d <= 1; d++ {
				date := change.AddDate(0, 0, d).Format(time.DateOnly)
				only, from, until := parse(t, "", "", zone), parse(t, "", "", zone), parse(t, "", "", zone)
				for w, dates := range map[*window.Window][2]string{only: {date, date}, from: {date, ""}, until: {"", date}} {
					if err := w.SetDates(dates[0], dates[1]); err != nil {
						t.Fatalf("%s: SetDates(%q) = %v", zone, dates, err)
					}
				}
				for m := change.Add(-30 * time.Hour); m.Before(change.Add(30 * time.Hour)); m = m.Add(29*time.Minute + 30*time.Second) {
					day := m.Format(time.DateOnly)
					if got, want := only.Contains(m), day == date; got != want {
						t.Errorf("only %s: Contains(%s) = %v", date, m, got)
					}
					if got, want := from.Contains(m), day >= date; got != want {
						t.Errorf("from %s: Contains(%s) = %v", date, m, got)
					}
					if got, want := until.Contains(m), day <= date; got != want {
						t.Errorf("until %s: Contains(%s) = %v", date, m, got)
					}
				}
			}
		}
	}
}

func TestNextFindsEveryEdgeAroundChangesOfTheClock(t *testing.T) {
	t.Parallel()
	const step = time.Minute
	for _, zone := range zones[:9] {
		for _, change := range changes(t, zone, 2011, 2011) {
			date := change.Format(time.DateOnly)
			for _, hours := range []string{"", "23:30-00:30", "00:15-01:15"} {
				for _, dates := range [][2]string{{}, {date, ""}, {"", date}} {
					w := parse(t, hours, "", zone)
					if err := w.SetDates(dates[0], dates[1]); err != nil {
						t.Fatal(err)
					}
					begin, end := change.Add(-26*time.Hour), change.Add(26*time.Hour)
					next := w.Next(begin)
					for m := begin.Truncate(step).Add(step); m.Before(end); m = m.Add(step) {
						if w.Contains(m) == w.Contains(m.Add(-step)) {
							continue
						}
						if !next.Equal(m) {
							t.Errorf("%s %s: Next = %s, want %s", zone, w, next, m)
							break
						}
						next = w.Next(m)
					}
				}
			}
		}
	}
}

func TestLocalTimeThatClocksSkipIsTheMomentTheyDo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ zone, local, moment string }{
		{"America/Santiago", "2026-09-06T00:00", "2026-09-06T04:00:00Z"}, {"America/Santiago", "2026-09-06 00:30:00", "2026-09-06T04:00:00Z"},
		{"America/Santiago", "2026-09-06T01:00", "2026-09-06T04:00:00Z"}, {"America/Santiago", "2026-09-05T23:59", "2026-09-06T03:59:00Z"},
		{"Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00:00Z"}, {"Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00:00Z"},
	} {
		moment := at(t, tt.moment)
		from, until := parse(t, "", "", tt.zone), parse(t, "", "", tt.zone)
		if err := from.SetDates(tt.local, ""); err != nil {
			t.Fatal(err)
		}
		if err := until.SetDates("", tt.local); err != nil {
			t.Fatal(err)
		}
		before := moment.Add(-time.Second)
		if from.Contains(before) || !from.Contains(moment) || !until.Contains(before) || until.Contains(moment) {
			t.Errorf("%s in %s is not %s", tt.local, tt.zone, tt.moment)
		}
	}
}

func TestLocalTimeThatOccursTwiceWantsAnOffset(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ zone, local, first, second string }{
		{"Europe/Berlin", "2026-10-25T02:30", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"},
		{"America/Havana", "2026-11-01 00:00", "2026-11-01T00:00:00-04:00", "2026-11-01T00:00:00-05:00"},
		{"America/Santiago", "2026-04-04T23:00:00", "2026-04-04T23:00:00-03:00", "2026-04-04T23:00:00-04:00"},
	} {
		for _, dates := range [][2]string{{tt.local, ""}, {"", tt.local}} {
			w := parse(t, "", "", tt.zone)
			err := w.SetDates(dates[0], dates[1])
			if err == nil || !strings.HasSuffix(err.Error(), "occurs twice in "+tt.zone+"; want "+tt.first+" or "+tt.second) {
				t.Errorf("SetDates(%q) in %s = %v", dates, tt.zone, err)
			}
			for _, exact := range []string{tt.first, tt.second} {
				if err := w.SetDates(exact, ""); err != nil {
					t.Errorf("SetDates(%q) = %v", exact, err)
				}
			}
		}
	}
}
