package wasmhost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/secret"
)

// maxVersion is the largest version in bytes.
const maxVersion = 256

// replies collects the records of one postern_get. A record that breaks the ABI
// makes the whole call fail, whatever the guest returns.
type replies struct {
	p        *Provider
	keys     []secret.Key
	results  []secret.Result
	done     []bool
	next     int                // index of the key that comes next in the order of the request
	index    map[secret.Key]int // made if answers come in another order
	call     *capability.Call   // in which the records are emitted
	from     *instance          // that makes the call
	protocol string             // how the guest broke the ABI, or ""
	refused  [][]byte           // values that were emitted and are not a result
	kept     int                // bytes of them
	hidden   bool               // there are more of them than are kept
	left     int64              // bytes that may still be kept for results

	// Space for a request of one key, as most are.
	oneKey    [1]secret.Key
	oneResult [1]secret.Result
	oneDone   [1]bool
	buf       [96]byte
	add       capability.Sink // Add: made once, as it takes memory
}

var (
	_ recordSink           = (*replies)(nil)
	_ capability.Discloser = (*replies)(nil)
)

// What an answer costs, besides its value.
const (
	answerUnits = 16
	indexUnits  = 4  // of one key, if answers come in another order
	answerCost  = 64 // bytes
	errorCost   = 192
)

// Of the refused values of a call, so many, and so many bytes, are kept to be masked in
// its text. If there are more, none of the text is shown.
const (
	maxRefused      = 64
	maxRefusedBytes = 1 << 20
)

// errCrowded is the error of a key beside others for which the call had no memory left. It
// is asked for again.
var errCrowded = errors.New("the call has no memory left for the key")

// newReplies returns the answers for the keys, for which the host may keep left bytes
// after the call.
func newReplies(p *Provider, keys []secret.Key, left int64) *replies {
	r := &replies{p: p, keys: keys, left: left, results: make([]secret.Result, len(keys)), done: make([]bool, len(keys))}
	r.add = r.Add
	for i, k := range keys {
		r.results[i].Key = k
	}
	return r
}

// ones are replies of requests for one key.
var ones = sync.Pool{New: func() any {
	r := &replies{}
	r.add = r.Add
	return r
}}

// one returns the value of one key.
func (p *Provider) one(ctx context.Context, key secret.Key) (secret.Secret, error) {
	r := ones.Get().(*replies)
	*r = replies{p: p, left: p.o.Limits.CallMemory, oneKey: [1]secret.Key{key}, add: r.add}
	r.keys, r.results, r.done = r.oneKey[:], r.oneResult[:], r.oneDone[:]
	r.results[0].Key = key
	err := p.callExport(ctx, secret.OpGet, r.request(), r)
	if err != nil {
		destroy(r.results)
		r.results[0] = secret.Result{Err: p.keyed(err, secret.OpGet, key)}
	}
	value, err := r.results[0].Secret, r.results[0].Err
	*r = replies{add: r.add}
	ones.Put(r)
	return value, err
}

func (r *replies) sink() capability.Sink { return r.add }

// begin registers the replies as the values to mask in the text of the call that i makes.
func (r *replies) begin(i *instance) {
	r.call, r.from = i.call, i
	i.call.MaskEmitted(r)
}

func (r *replies) request() []byte {
	b := r.buf[:0]
	for _, k := range r.keys {
		b = abi.Append(b, abi.TagKey, []byte(k))
	}
	return b
}

// Add reads one record. The record is a view of the guest's memory, so that a value
// is copied only once, into protected memory. What is done with the fields is paid before,
// whether or not the record is a good one.
func (r *replies) Add(record []byte) abi.Status {
	var key, value, version []byte
	status, hasValue, kept := abi.OK, false, false
	defer func() {
		if hasValue && !kept {
			r.refuse(value)
		}
	}()
	for f, err := range abi.Fields(record) {
		r.call.Charge(capability.FieldUnits)
		if err != nil {
			return r.fail("a record that cannot be decoded")
		}
		switch f.Tag {
		case abi.TagKey:
			key = f.Value
		case abi.TagValue:
			if hasValue {
				r.refuse(value) // the last one counts
			}
			value, hasValue = f.Value, true
		case abi.TagVersion:
			version = f.Value
		case abi.TagStatus:
			n, ok := f.Uint32()
			if !ok || !abi.Status(n).Known() {
				return r.fail("a record with an unknown status")
			}
			status = abi.Status(n)
		}
	}
	r.call.Charge(answerUnits)
	i := r.find(key)
	if i < 0 {
		return r.fail("a record for a key that was not requested, or a second one for the same key")
	}
	r.done[i] = true
	if status != abi.OK {
		r.results[i].Err = r.failure(i, status)
		return abi.OK
	}
	if !hasValue {
		return r.fail("a record with neither a value nor a status")
	}
	answer := r.keep(i, value, version)
	kept = !r.results[i].Secret.IsZero()
	return answer
}

// failure returns the error of a key for which the module answered with a status.
func (r *replies) failure(i int, status abi.Status) error {
	crowded := status == abi.TooLarge && r.call.Crowded()
	reason := r.reason(status)
	if crowded && len(r.keys) > 1 {
		return errCrowded
	}
	e := &secret.Error{Code: codes[status], Detail: reason}
	if crowded {
		e = e.Wrap(capability.ErrMemory)
	}
	return r.failed(i, e)
}

// failed returns e as the error of a key. The host keeps it.
func (r *replies) failed(i int, e *secret.Error) error {
	r.call.Hold(errorCost)
	r.left -= errorCost
	e.Op, e.Key, e.Provider = secret.OpGet, r.keys[i], r.p.name
	return e
}

// reason returns why a key has the status, as far as the host knows.
func (r *replies) reason(status abi.Status) string {
	reason := r.call.Reason(status)
	switch {
	case reason != "":
	case status == abi.TooLarge && r.from.starved():
		return r.p.memoryReason()
	case status == abi.Internal:
		return returnedInternal
	}
	return reason
}

// explain adds the guest's text to the failure of a key: to that of the key that the
// text begins with, or to the only one. That a key is not found needs no text.
func (r *replies) explain(text string) {
	if text == "" {
		return
	}
	var only *secret.Result
	failed := 0
	for i := range r.results {
		res := &r.results[i]
		if res.Err == nil || secret.CodeOf(res.Err) == secret.ErrNotFound {
			continue
		}
		failed++
		if only = res; strings.HasPrefix(text, string(res.Key)+": ") {
			failed = 1
			break
		}
	}
	var e *secret.Error
	if failed == 1 && errors.As(only.Err, &e) {
		only.Err = e.WithGuestText(text)
	}
}

// Disclose calls add with every value that the guest emitted.
func (r *replies) Disclose(add capability.Disclosed) bool {
	for _, res := range r.results {
		if res.Secret.IsZero() {
			continue
		}
		more := true
		if err := res.Secret.Expose(func(b []byte) error { more = add(string(res.Key), b); return nil }); err != nil || !more {
			return false // also if it was destroyed in the meantime
		}
	}
	for _, value := range r.refused {
		if !add("refused", value) {
			return false
		}
	}
	return !r.hidden
}

// wipe clears the values that are not a result.
func (r *replies) wipe() {
	for _, value := range r.refused {
		clear(value)
	}
	r.refused = nil
}

// refuse keeps a value that is not a result, to mask it in the text of the guest. It takes
// less than a millisecond.
func (r *replies) refuse(value []byte) {
	if r.hidden {
		return
	}
	r.hidden = true // also if the charge ends the call
	if len(r.refused)+1 >= maxRefused || len(value) > maxRefusedBytes-r.kept || !r.call.TryHold(len(value)) {
		return
	}
	r.call.Charge(8 * capability.Copied(len(value)))
	r.refused, r.kept, r.hidden = append(r.refused, bytes.Clone(value)), r.kept+len(value), false
}

func (r *replies) keep(i int, value, version []byte) abi.Status {
	if int64(len(value)) > r.p.o.Limits.Value {
		r.results[i].Err = r.failed(i, tooLarge(r.p.o.Limits.Value))
		return abi.OK
	}
	if !validVersion(version) {
		return r.fail("a version that is too long or not printable")
	}
	size := len(value) + len(version) + answerCost
	if int64(size) > r.left {
		r.results[i].Err = r.failed(i, &secret.Error{Code: secret.ErrTooLarge, Detail: fmt.Sprintf("the values of one request exceed %d bytes, limits.call_memory; ask for fewer keys", r.p.o.Limits.CallMemory)})
		return abi.OK
	}
	if !r.call.TryHold(size) {
		r.results[i].Err = r.failure(i, abi.TooLarge)
		return abi.OK
	}
	r.left -= int64(size)
	r.call.Charge(7 * capability.Copied(len(value)))
	if len(value) <= slab.MaxQuick { // a larger one pays while it is copied
		r.call.Charge(capability.Copied(len(value)))
	}
	if r.p.o.Known != nil && len(value) <= slab.MaxQuick {
		if s, ok := r.p.o.Known(r.keys[i], value, version); ok {
			r.results[i].Secret = s
			return abi.OK
		}
	}
	cell, err := slab.NewBy(r.p.o.Owner, value, r.call.Copy)
	if err != nil {
		e := &secret.Error{Code: secret.ErrInternal, Detail: "no memory for the value"}
		r.results[i].Err = r.failed(i, e.Wrap(err))
		return abi.OK
	}
	r.results[i].Secret = secret.FromCell(cell, secret.Meta{Version: string(version), Provider: r.p.name})
	return abi.OK
}

// find returns the index of a key that has no answer yet, or -1. Most modules
// answer in the order of the request.
func (r *replies) find(key []byte) int {
	if r.next < len(r.keys) && string(r.keys[r.next]) == string(key) && !r.done[r.next] {
		r.next++
		return r.next - 1
	}
	if len(key) > secret.MaxKeyLen { // not even hashed
		return -1
	}
	if r.index == nil {
		r.call.Charge(indexUnits * int64(len(r.keys)))
		r.index = make(map[secret.Key]int, len(r.keys))
		for i, k := range r.keys {
			r.index[k] = i
		}
	}
	if i, asked := r.index[secret.Key(key)]; asked && !r.done[i] {
		return i
	}
	return -1
}

func (r *replies) fail(what string) abi.Status {
	if r.protocol == "" {
		r.protocol = "the module emitted " + what
	}
	return abi.Internal
}

// Fault reports a record that broke the ABI, or a key without an answer.
func (r *replies) Fault(done bool) error {
	switch {
	case r.protocol != "":
		return capability.ProtocolError{Detail: r.protocol}
	case done && slices.Contains(r.done, false):
		return capability.ProtocolError{Detail: "the module did not answer for every key"}
	}
	return nil
}

func tooLarge(limit int64) *secret.Error {
	return &secret.Error{Code: secret.ErrTooLarge, Detail: fmt.Sprintf("the value exceeds %d bytes, limits.value", limit)}
}

func validVersion(v []byte) bool {
	if len(v) > maxVersion {
		return false
	}
	for _, c := range v {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}
