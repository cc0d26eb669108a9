package window

import "time"

// maxOffset is more than any zone is away from UTC.
const maxOffset = 26 * time.Hour

// crossings returns the moments, at least one, at which the clocks of a zone reach or
// skip a local time, which is given as a time in UTC. There are two of them when
// clocks are set back over it. [time.Date] cannot be used: for a local time that does
// not exist it returns a different time, which may lie on the day before.
func crossings(local time.Time, loc *time.Location) (at []time.Time) {
	last := local.Add(maxOffset)
	for t := local.Add(-maxOffset).In(loc); ; {
		_, end := t.ZoneBounds()
		reached := local.Add(-offset(t)).In(loc)
		if !reached.Before(t) && (end.IsZero() || reached.Before(end)) {
			at = append(at, reached)
		}
		if end.IsZero() || end.After(last) {
			return at
		}
		if !reached.Before(end) && end.Add(offset(end)).After(local) {
			at = append(at, end) // clocks are set forward over it
		}
		t = end
	}
}

func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// dayNumber returns a number of the local day of t that grows with it. It is above 0.
func dayNumber(t time.Time) int {
	year, month, day := t.Date()
	return year*10000 + int(month)*100 + day
}
