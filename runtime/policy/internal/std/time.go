package std

import (
	"errors"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/policy/internal/luabox"
	"github.com/postern-project/postern/runtime/policy/internal/window"
)

// zoneCache keeps the time zones that predicates use, because looking one up
// means opening a file. It keeps only zones that exist, which bounds its size.
type zoneCache struct{ zones sync.Map } // of *time.Location, by name

// inWindow reports whether a time is within hours, on days, in a zone.
func (z *zoneCache) inWindow(c luabox.Call) luabox.Value {
	unix := c.Number(1)
	w := window.Always()
	c.Spend(32, 256)
	err := w.ParseHours(c.Str(2))
	if days, ok := c.OptStr(3); ok && err == nil {
		err = w.ParseDays(days)
	}
	if zone, ok := c.OptStr(4); ok && err == nil {
		w.Location, err = z.get(c, zone)
	}
	if err == nil && !(unix > -1e12 && unix < 1e12) {
		err = errors.New("argument 1 must be a time in seconds")
	}
	if err != nil {
		c.FailErr(err)
	}
	return luabox.Bool(w.Contains(time.Unix(int64(unix), 0)))
}

func (z *zoneCache) get(c luabox.Call, name string) (*time.Location, error) {
	if loc, ok := z.zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	c.Spend(2000, 16<<10)
	loc, err := window.ParseZone(name)
	if err != nil {
		return nil, err
	}
	z.zones.Store(name, loc)
	return loc, nil
}
