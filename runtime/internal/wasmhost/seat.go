package wasmhost

import (
	"context"
	"time"
)

// seat says which of the two things a guest has that it needs to run on after it has used
// up a slice of fuel: a seat of its provider and a processor.
type seat struct {
	seats     *seats // nil for a guest that never queues
	long      bool   // the guest has used up a slice in this call
	seated    bool
	processor bool
	since     time.Time // when the present slice began; zero if that is not known
}

// Bounds of a slice. A unit of fuel does not cover a load that misses all caches: a slice
// of such loads took 23 ms. A provider whose slice took more than slowSlice gets smaller
// ones, down to leastSlice. While they are fast they grow, back to full size within regrow.
const (
	slowSlice  = 4 * time.Millisecond
	aimedSlice = time.Millisecond
	regrow     = 128 * time.Millisecond
	leastSlice = slice / 16
)

// slice returns the fuel of the next slice.
func (s *seat) slice() int64 {
	if s.seats == nil {
		return slice
	}
	return s.seats.slice.Load()
}

// used adapts the slices of the provider to how long the present one has taken.
func (s *seat) used(now time.Time) {
	if s.seats == nil || s.since.IsZero() {
		return
	}
	size := s.seats.slice.Load()
	took := now.Sub(s.since)
	switch {
	case took > slowSlice:
		size = max(leastSlice, int64(float64(size)*float64(aimedSlice)/float64(took)))
	case size < slice:
		size = min(slice, size+1+int64(slice*float64(took)/float64(regrow)))
	default:
		return
	}
	s.seats.slice.Store(size)
}

// begin prepares for a call of the guest, which queues at p. It waits until the deadline
// at most if the guest needs a seat from the start. The caller calls leave when the call
// ends, also after an error.
func (s *seat) begin(ctx context.Context, deadline time.Time, p *seats) error {
	s.seats, s.long = p, false
	if p.costly() {
		return s.yield(ctx, deadline)
	}
	return nil
}

// sit gets a seat before work that is not counted in fuel: making an instance takes
// longer than most calls. The caller calls i.budget.seat.leave, which does nothing if
// there is no seat.
func (i *instance) sit(ctx context.Context, deadline time.Time, p *seats) error {
	i.budget.seat.seats, i.budget.seat.long = p, true
	return i.budget.seat.enter(ctx, deadline)
}

// enter gets a seat if the guest is one that needs it.
func (s *seat) enter(ctx context.Context, deadline time.Time) error {
	if s.seats == nil || s.seated || !s.long {
		return nil
	}
	err := s.seats.take(ctx, deadline)
	s.seated = err == nil
	return err
}

// leave gives back what the guest has.
func (s *seat) leave() {
	s.since = time.Time{} // what follows is not the work of the guest
	if s.processor {
		s.processor = false
		longRunning.give()
	}
	if s.seated {
		s.seated = false
		s.seats.give()
	}
}

// yield gives up the seat and the processor if other guests wait for them, and returns
// when the guest has both again.
func (s *seat) yield(ctx context.Context, deadline time.Time) error {
	if s.seats == nil {
		return nil
	}
	s.long = true
	if !s.seated || s.seats.crowded() {
		s.leave()
		if err := s.enter(ctx, deadline); err != nil {
			return err
		}
	} else if s.processor && longRunning.crowded() {
		s.processor = false
		longRunning.give()
	}
	if s.processor {
		return nil
	}
	err := longRunning.take(ctx, deadline, s.seats)
	s.processor = err == nil
	return err
}
