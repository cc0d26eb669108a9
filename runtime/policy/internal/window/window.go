// Package window decides whether a moment lies in a weekly time window, such as
// 08:00-18:00 from Monday to Friday in Europe/Berlin, and between two dates.
package window

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Window is a set of instants: certain hours of the local day, on certain
// weekdays. Hours may wrap around midnight. Such a window belongs to the day on
// which it opens, so "22:00-06:00" on Friday ends on Saturday morning.
type Window struct {
	Location *time.Location // not nil

	hasHours    bool
	start, end  int       // minutes of the day; end is not part of the window
	days        uint8     // one bit per time.Weekday
	dated       bool      // from or until is set
	from, until time.Time // zero for none; until is not part of the window
	firstDay    int       // the dayNumber of from, 0 if it is a time
	lastDay     int       // the dayNumber of until, 0 if it is a time
	texts       [4]string // hours, days, from and until as they were given
}

// Always returns the window of all hours of all days, in UTC.
func Always() Window { return Window{Location: time.UTC, days: allDays} }

const (
	dayMinutes = 24 * 60
	allDays    = 1<<7 - 1
)

var dayNames = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Contains reports whether t is inside the window.
func (w *Window) Contains(t time.Time) bool {
	t = t.In(w.Location)
	if w.dated && !w.betweenDates(t) {
		return false
	}
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

// betweenDates compares days as the calendar does, not moments: where clocks are set
// back over midnight, the end of a day comes twice.
func (w *Window) betweenDates(t time.Time) bool {
	day := dayNumber(t)
	if t.Before(w.from) || day < w.firstDay {
		return false
	}
	return w.until.IsZero() || t.Before(w.until) && (w.lastDay == 0 || day <= w.lastDay)
}

func (w *Window) onDay(d time.Weekday) bool { return w.days&(1<<d) != 0 }

// Next returns the first moment after t at which the window opens or closes,
// or the zero time if none comes within nine days of t, or of the date from which
// the window applies.
func (w *Window) Next(t time.Time) time.Time {
	inside := w.Contains(t)
	edges := append(make([]time.Time, 0, 64), w.from, w.until)
	for _, begin := range [3]time.Time{t, w.from, w.until} {
		if begin.Before(t) {
			continue
		}
		year, month, day := begin.In(w.Location).Date()
		for d := -1; d <= 9; d++ {
			edges = w.addEdges(edges, year, month, day+d)
		}
	}
	slices.SortFunc(edges, time.Time.Compare)
	for _, e := range edges {
		if e.After(t) && w.Contains(e) != inside {
			return e
		}
	}
	return time.Time{}
}

// addEdges appends the instants of one day at which Contains may change: midnight,
// start, end, and the changes of the zone's offset around them.
func (w *Window) addEdges(edges []time.Time, year int, month time.Month, day int) []time.Time {
	for _, m := range [3]int{0, w.start, w.end} {
		for _, e := range crossings(time.Date(year, month, day, 0, m, 0, 0, time.UTC), w.Location) {
			from, to := e.ZoneBounds()
			edges = append(edges, e, from, to)
		}
	}
	return edges
}

// ParseHours sets the hours from "HH:MM-HH:MM".
func (w *Window) ParseHours(s string) error {
	from, to, ok := strings.Cut(s, "-")
	start, ok1 := parseClock(from)
	end, ok2 := parseClock(to)
	switch {
	case !ok || !ok1 || !ok2 || start == dayMinutes:
		return fmt.Errorf(`hours %.64q: want "HH:MM-HH:MM"%s`, s, hoursHint(s))
	case start == end:
		return fmt.Errorf(`hours %.64q: an empty window (the whole day is "00:00-24:00")`, s)
	}
	w.hasHours, w.start, w.end, w.texts[0] = true, start, end, s
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

// ParseDays sets the days from "mon-fri", "sat,sun" or a mix. A range may wrap
// around the end of the week.
func (w *Window) ParseDays(s string) error {
	w.texts[1] = s
	if w.parseDays(s) != nil {
		return fmt.Errorf(`days %.64q: want names such as "mon-fri" or "sat,sun"%s`, s, daysHint(s))
	}
	return nil
}

var errDays = errors.New("not the name of a day")

func (w *Window) parseDays(s string) error {
	w.days = 0
	for _, part := range strings.Split(s, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, last := slices.Index(dayNames[:], from), slices.Index(dayNames[:], to)
		if first < 0 || last < 0 {
			return errDays
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
