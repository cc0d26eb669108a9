package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // images without zoneinfo must still load a policy
)

// window is the time in which a rule holds: hours of the local day, on some
// weekdays. Hours may wrap midnight; such a window belongs to the day on
// which it opens, so "22:00-06:00" on Friday ends on Saturday morning.
type window struct {
	hasHours   bool
	start, end int   // minutes of the day; end is not part of the window
	days       uint8 // bit per time.Weekday; all bits if no days were given
	loc        *time.Location
}

const (
	dayMinutes = 24 * 60
	allDays    = 1<<7 - 1
)

var dayNames = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// contains reports whether t is inside the window.
func (w *window) contains(t time.Time) bool {
	t = t.In(w.loc)
	day := t.Weekday()
	if !w.hasHours {
		return w.onDay(day)
	}
	hour, minute, _ := t.Clock()
	now := hour*60 + minute
	if w.start < w.end {
		return w.start <= now && now < w.end && w.onDay(day)
	}
	if now >= w.start {
		return w.onDay(day)
	}
	return now < w.end && w.onDay((day+6)%7)
}

func (w *window) onDay(d time.Weekday) bool { return w.days&(1<<d) != 0 }

// next returns the first moment after t at which the window opens or closes,
// or the zero time if none comes within nine days.
func (w *window) next(t time.Time) time.Time {
	local := t.In(w.loc)
	inside := w.contains(t)
	edges := make([]time.Time, 0, 64)
	year, month, day := local.Date()
	for d := -1; d <= 9; d++ {
		edges = w.addEdges(edges, year, month, day+d)
	}
	slices.SortFunc(edges, time.Time.Compare)
	for _, e := range edges {
		if e.After(t) && w.contains(e) != inside {
			return e
		}
	}
	return time.Time{}
}

// addEdges appends the moments of one day at which the answer may change:
// midnight, start and end, and a change of the zone's offset. Where the clock
// is set back, a local time comes twice, hence the shifted copies.
func (w *window) addEdges(edges []time.Time, year int, month time.Month, day int) []time.Time {
	for _, m := range [3]int{0, w.start, w.end} {
		e := time.Date(year, month, day, 0, m, 0, 0, w.loc)
		edges = append(edges, e)
		from, to := e.ZoneBounds()
		for _, change := range [2]time.Time{from, to} {
			if change.IsZero() || change.Sub(e).Abs() > 26*time.Hour {
				continue
			}
			_, before := change.Add(-time.Second).Zone()
			_, after := change.Zone()
			shift := time.Duration(after-before) * time.Second
			edges = append(edges, change, e.Add(shift), e.Add(-shift))
		}
	}
	return edges
}

// parseHours reads "HH:MM-HH:MM".
func (w *window) parseHours(s string) error {
	from, to, ok := strings.Cut(s, "-")
	start, ok1 := parseClock(from)
	end, ok2 := parseClock(to)
	switch {
	case !ok || !ok1 || !ok2 || start == dayMinutes:
		return fmt.Errorf(`hours %s: want "HH:MM-HH:MM"`, quote(s))
	case start == end:
		return fmt.Errorf(`hours %s: an empty window (the whole day is "00:00-24:00")`, quote(s))
	}
	w.hasHours, w.start, w.end = true, start, end
	return nil
}

func parseClock(s string) (minutes int, ok bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	for _, i := range [4]int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	hour, minute := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	minutes = hour*60 + minute
	return minutes, minute < 60 && minutes <= dayMinutes
}

// parseDays reads "mon-fri", "sat,sun" or a mix; a range may wrap the week.
func (w *window) parseDays(s string) error {
	w.days = 0
	for _, part := range strings.Split(s, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, last := slices.Index(dayNames[:], from), slices.Index(dayNames[:], to)
		if first < 0 || last < 0 {
			return fmt.Errorf(`days %s: want names such as "mon-fri" or "sat,sun"`, quote(s))
		}
		for d := first; ; d = (d + 1) % 7 {
			w.days |= 1 << d
			if d == last {
				break
			}
		}
	}
	return nil
}

// parseZone reads an IANA zone name. The machine's own zone is refused: the
// same policy must decide alike everywhere.
func (w *window) parseZone(s string) error {
	loc, err := time.LoadLocation(s)
	if err != nil || s == "" || s == "Local" {
		return fmt.Errorf("tz %s: unknown time zone", quote(s))
	}
	w.loc = loc
	return nil
}
