package wasmhost

import (
	"fmt"
	"slices"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/secret"
)

// maxVersion is the largest version in bytes.
const maxVersion = 256

// replies collects the records of one postern_get. A breach is remembered
// rather than reported to the guest: the whole call is void then.
type replies struct {
	p       *Provider
	keys    []secret.Key
	results []secret.Result
	done    []bool
	next    int                // the key that an answer in request order is for
	places  map[secret.Key]int // made when answers come in another order
	wrong   string             // what broke the ABI, "" if nothing did

	// Room for a request of one key, which is most of them.
	oneResult [1]secret.Result
	oneDone   [1]bool
	buf       [96]byte
}

var _ answer = (*replies)(nil)

func newReplies(p *Provider, keys []secret.Key) *replies {
	r := &replies{p: p, keys: keys}
	r.results, r.done = r.oneResult[:], r.oneDone[:]
	if len(keys) != 1 {
		r.results, r.done = make([]secret.Result, len(keys)), make([]bool, len(keys))
	}
	for i, k := range keys {
		r.results[i].Key = k
	}
	return r
}

func (r *replies) request() []byte {
	b := r.buf[:0]
	for _, k := range r.keys {
		b = abi.Append(b, abi.TagKey, []byte(k))
	}
	return b
}

// take reads one record, which is a view of the guest's memory: a value goes
// from there straight into the slab.
func (r *replies) take(record []byte) abi.Status {
	var key, value, version []byte
	status, hasValue := abi.OK, false
	for f, err := range abi.Fields(record) {
		if err != nil {
			return r.broken("a record that cannot be decoded")
		}
		switch f.Tag {
		case abi.TagKey:
			key = f.Value
		case abi.TagValue:
			value, hasValue = f.Value, true
		case abi.TagVersion:
			version = f.Value
		case abi.TagStatus:
			n, ok := f.Uint32()
			if !ok || !abi.Status(n).Known() {
				return r.broken("a record with an unknown status")
			}
			status = abi.Status(n)
		}
	}
	i := r.find(key)
	if i < 0 {
		return r.broken("a record for a key that was not asked, or a second one")
	}
	r.done[i] = true
	if status != abi.OK {
		r.results[i].Err = &secret.Error{Code: codes[status], Op: secret.OpGet, Key: r.keys[i], Provider: r.p.name}
		return abi.OK
	}
	if !hasValue {
		return r.broken("a record that has neither a value nor a status")
	}
	return r.keep(i, value, version)
}

func (r *replies) keep(i int, value, version []byte) abi.Status {
	if int64(len(value)) > r.p.o.Limits.Value {
		r.results[i].Err = r.p.keyed(tooLarge(r.p.o.Limits.Value), secret.OpGet, r.keys[i])
		return abi.OK
	}
	if !versionText(version) {
		return r.broken("a version that is too long or not printable")
	}
	cell, err := slab.New(r.p.o.Owner, value)
	if err != nil {
		e := &secret.Error{Code: secret.ErrInternal, Detail: "no memory for the value"}
		r.results[i].Err = r.p.keyed(e.Wrap(err), secret.OpGet, r.keys[i])
		return abi.OK
	}
	r.results[i].Secret = secret.FromCell(cell, secret.Meta{Version: string(version), Provider: r.p.name})
	return abi.OK
}

// find returns the place of a key that has no answer yet, or -1. Most modules
// answer in the order of the request.
func (r *replies) find(key []byte) int {
	if r.next < len(r.keys) && string(r.keys[r.next]) == string(key) && !r.done[r.next] {
		r.next++
		return r.next - 1
	}
	if r.places == nil {
		r.places = make(map[secret.Key]int, len(r.keys))
		for i, k := range r.keys {
			r.places[k] = i
		}
	}
	if i, asked := r.places[secret.Key(key)]; asked && !r.done[i] {
		return i
	}
	return -1
}

func (r *replies) broken(what string) abi.Status {
	if r.wrong == "" {
		r.wrong = "the module emitted " + what
	}
	return abi.Internal
}

// breach reports a record that broke the ABI, or a key without an answer.
func (r *replies) breach() string {
	if r.wrong == "" && slices.Contains(r.done, false) {
		return "the module gave no answer for a key"
	}
	return r.wrong
}

// finish settles every key once the call has ended with err, which voids all
// answers: who breaks the ABI for one key is not believed for another.
func (r *replies) finish(err error) {
	if err == nil {
		return
	}
	for i := range r.results {
		r.results[i] = secret.Result{Key: r.keys[i], Err: r.p.keyed(err, secret.OpGet, r.keys[i])}
	}
}

func tooLarge(limit int64) error {
	return &secret.Error{Code: secret.ErrTooLarge, Detail: fmt.Sprintf("the value exceeds %d bytes", limit)}
}

func versionText(v []byte) bool {
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
