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
// as its end. Call SetDates after Location is set.
func (w *Window) SetDates(from, until string) (err error) {
	if w.from, _, err = w.parseDate("from", from); err != nil {
		return err
	}
	var day bool
	if w.until, day, err = w.parseDate("until", until); err != nil {
		return err
	}
	if day {
		year, month, date := w.until.Date()
		w.until = time.Date(year, month, date+1, 0, 0, 0, 0, w.Location)
	}
	if !w.until.IsZero() && !w.from.Before(w.until) {
		return errors.New("until is not after from")
	}
	w.texts[2], w.texts[3], w.dated = from, until, from != "" || until != ""
	return nil
}

// parseDate reads a date or a time; day reports that it is a date.
func (w *Window) parseDate(field, s string) (t time.Time, day bool, err error) {
	if s == "" {
		return time.Time{}, false, nil
	}
	if t, err = time.ParseInLocation(time.DateOnly, s, w.Location); err == nil {
		return t, true, nil
	}
	for _, layout := range zonedLayouts {
		if t, err = time.Parse(layout, s); err == nil {
			return t, false, nil
		}
	}
	for _, layout := range localLayouts {
		if t, err = time.ParseInLocation(layout, s, w.Location); err == nil {
			return t, false, nil
		}
	}
	return t, false, fmt.Errorf(`%s %.64q: want a date such as "2026-06-30" or a time such as "2026-06-30T18:00:00Z"`, field, s)
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
