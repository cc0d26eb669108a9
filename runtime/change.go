package runtime

// change is a write under way: its effect on what is masked, and the event that
// it leads to. The methods of a nil change do nothing.
type change struct {
	released *released
	at       place
	claim    *claim // set: the new value, masked before the provider sees it
	event    SecretEvent
	effected bool   // the provider said that the write took effect
	unknown  bool   // it failed, and may have taken effect
	release  func() // lets the next write of the place begin
}

// published reports whether watchers hear of the change: events only tell watchers to
// read again.
func (c *change) published() bool { return c != nil && (c.effected || c.unknown) }

// settle ends what the write did to masking: a write that failed changes
// nothing, and its value is masked for the grace. began and now are tickets: of
// the write, and the newest one.
func (c *change) settle(began, now uint64) {
	switch {
	case c == nil:
	case c.claim != nil:
		c.released.settle(c.at, c.claim, c.effected, began, now)
	case c.effected:
		c.released.forget(c.at, began)
	}
}

func (c *change) unlock() {
	if c != nil {
		c.release()
	}
}
