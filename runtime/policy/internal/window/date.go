package window

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// dateLayouts are the forms of a moment, without and with an offset from UTC.
var (
	localLayouts = []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"}
	zonedLayouts = []string{time.RFC3339, "2006-01-02T15:04Z07:00"}
)

// SetDates sets the dates between which the window applies; "" sets no limit. A date
// such as 2026-06-30 stands for the whole day, in the window's Location: from its
// first moment, or until its last. A time is exact, and is not part of the window
// as its end. A time without an offset that clocks skip is the moment at which they
// do; one that occurs twice is an error. Call SetDates after Location is set.
func (w *Window) SetDates(from, until string) (err error) {
	var last time.Time // of the day of until
	if w.from, _, w.firstDay, err = w.parseDate("from", from); err != nil {
		return err
	}
	if w.until, last, w.lastDay, err = w.parseDate("until", until); err != nil {
		return err
	}
	if w.lastDay > 0 {
		w.until = last
	}
	if !w.until.IsZero() && !w.from.Before(w.until) {
		return errors.New("until is not after from")
	}
	w.texts[2], w.texts[3], w.dated = from, until, from != "" || until != ""
	return nil
}

// parseDate reads a date or a time. For a date, day is its number and t to end are
// the moments of that day; for a time, day is 0.
func (w *Window) parseDate(field, s string) (t, end time.Time, day int, err error) {
	if s == "" {
		return t, end, 0, nil
	}
	if t, err = time.Parse(time.DateOnly, s); err == nil {
		day, next := dayNumber(t), t.AddDate(0, 0, 1)
		begins, ends := crossings(t, w.Location), crossings(next, w.Location)
		return begins[0], ends[len(ends)-1], day, nil
	}
	for _, layout := range zonedLayouts {
		if t, err = time.Parse(layout, s); err == nil {
			return t, end, 0, nil
		}
	}
	for _, layout := range localLayouts {
		if t, err = time.Parse(layout, s); err == nil {
			t, err = w.moment(field, s, t)
			return t, end, 0, err
		}
	}
	return t, end, 0, fmt.Errorf(`%s %.64q: want a date such as "2026-06-30" or a time such as "2026-06-30T18:00:00Z"`, field, s)
}

// moment returns the moment of a local time.
func (w *Window) moment(field, s string, local time.Time) (time.Time, error) {
	at := crossings(local, w.Location)
	if len(at) > 1 {
		return time.Time{}, fmt.Errorf("%s %.64q: occurs twice in %s; want %s or %s", field, s, w.Location,
			at[0].Format(time.RFC3339), at[1].Format(time.RFC3339))
	}
	return at[0], nil
}

// String describes the window in the words of a rule.
func (w *Window) String() string {
	var parts []string
	for i, text := range w.texts {
		switch {
		case text == "":
		case i < 2:
			parts = append(parts, text)
		default:
			parts = append(parts, [2]string{"from", "until"}[i-2]+" "+text)
		}
	}
	return strings.Join(append(parts, w.Location.String()), " ")
}

// Equal reports whether w contains the same moments as v, as far as their texts show.
func (w *Window) Equal(v *Window) bool {
	return w.texts == v.texts && w.Location.String() == v.Location.String()
}

// Wraps reports whether the hours wrap around midnight.
func (w *Window) Wraps() bool { return w.hasHours && w.end < w.start && w.end > 0 }

// Restricts reports which of hours, days and dates the window limits.
func (w *Window) Restricts() (hours, days, dates bool) {
	return w.hasHours, w.texts[1] != "", !w.from.IsZero() || !w.until.IsZero()
}

// Conditions returns the names of what limits the window: hours, days, from, until, and
// tz if that is not UTC.
func (w *Window) Conditions() (names []string) {
	for i, name := range [4]string{"hours", "days", "from", "until"} {
		if w.texts[i] != "" {
			names = append(names, name)
		}
	}
	if w.Location.String() != time.UTC.String() {
		names = append(names, "tz")
	}
	return names
}

// Without returns the window without one of its Conditions.
func (w Window) Without(name string) Window {
	switch name {
	case "hours":
		w.hasHours, w.start, w.end, w.texts[0] = false, 0, 0, ""
	case "days":
		w.days, w.texts[1] = allDays, ""
	case "from":
		w.from, w.firstDay, w.texts[2] = time.Time{}, 0, ""
	case "until":
		w.until, w.lastDay, w.texts[3] = time.Time{}, 0, ""
	case "tz":
		v := w
		if v.Location = time.UTC; v.SetDates(v.texts[2], v.texts[3]) == nil {
			return v
		}
		w.Location = time.UTC // until is not after from there; keep their moments
	}
	w.dated = w.texts[2] != "" || w.texts[3] != ""
	return w
}

// Ever reports whether the window contains any moment.
func (w *Window) Ever() bool {
	const weeks = 5 // clocks that are set forward skip a time of the week only once
	if w.from.IsZero() || w.until.IsZero() {
		return true
	}
	for i := range weeks {
		t := w.from.AddDate(0, 0, 7*i)
		if !t.Before(w.until) {
			return false
		}
		if w.Contains(t) || !w.Next(t).IsZero() {
			return true
		}
	}
	return true
}

// Whole reports whether the hours are those of the whole day, and the days those of
// the whole week, although they were given.
func (w *Window) Whole() (hours, days bool) {
	return w.hasHours && w.start == 0 && w.end == dayMinutes, w.texts[1] != "" && w.days == allDays
}

// hoursHint returns how a usual way to write hours must be written, or "".
func hoursHint(s string) string {
	from, to, ok := strings.Cut(strings.NewReplacer("\u2013", "-", "\u2014", "-", " ", "").Replace(s), "-")
	if !ok {
		return ""
	}
	if from == "24:00" {
		from = "00:00"
	}
	both := [2]string{from, to}
	for i, clock := range both {
		if !strings.Contains(clock, ":") {
			clock += ":00"
		}
		if len(clock) == 4 {
			clock = "0" + clock
		}
		if _, ok := parseClock(clock); !ok {
			return ""
		}
		both[i] = clock
	}
	return fmt.Sprintf(" (did you mean %q?)", both[0]+"-"+both[1])
}

// daysHint is like hoursHint, for days.
func daysHint(s string) string {
	s = strings.ToLower(s)
	switch s {
	case "weekday", "weekdays", "workdays", "working days":
		s = "mon-fri"
	case "weekend", "weekends":
		s = "sat,sun"
	}
	var parts []string
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
		var ends []string
		for _, day := range strings.FieldsFunc(part, func(r rune) bool { return r == '-' || r == '\u2013' }) {
			ends = append(ends, day[:min(3, len(day))])
		}
		parts = append(parts, strings.Join(ends, "-"))
	}
	hint := strings.Join(parts, ",")
	if w := Always(); hint == "" || w.parseDays(hint) != nil {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", hint)
}
