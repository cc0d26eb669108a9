package capability

import (
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// Defaults of the limits in [Options].
const (
	defaultKVLimit    = 16 << 20
	defaultMaxValue   = 1 << 20
	defaultMaxKeys    = 100_000
	defaultMaxListing = 16 << 20
	// minFileCap is the smallest cap on a file: one file may hold many values.
	minFileCap = 16 << 20
)

// Options describes one provider to [Open]. The zero Options grants nothing and
// has the default limits.
type Options struct {
	Provider   string           // the configured name
	Grant      Grant            // what the operator granted
	Dir        string           // folder that relative paths are taken from; "" is the current one
	Environ    func() []string  // the environment, as NAME=VALUE; nil is os.Environ
	Now        func() time.Time // nil is time.Now
	KVLimit    int64            // bytes of postern_kv_v1; 0 is 16 MiB
	MaxValue   int64            // bytes of one value; 0 is 1 MiB, never above secret.MaxValueLen
	MaxKeys    int              // entries of one listing; 0 is 100,000
	MaxListing int64            // bytes of one listing; 0 is 16 MiB
	Log        *slog.Logger     // takes the guest log; nil discards it
}

// Set is everything that one provider's module may import. It is safe for
// concurrent use; the calls of several instances share it.
type Set struct {
	opt Options
	// ownEnviron says that Environ is the process's.
	ownEnviron bool

	env    patterns
	files  []root
	kv     *kv
	log    *guestLog
	start  time.Time // zero of the guest's monotonic clock
	hinted sync.Once // one hint about NAME_FILE outside of the grants
}

// Open returns the capabilities of one provider. It checks the grants, and
// touches neither the granted files nor the environment: what is missing now may
// come later. The error is an [*secret.Error] with ErrLoad that quotes the
// grant. The caller closes the Set after its last call ended.
func Open(o Options) (*Set, error) {
	own := o.Environ == nil
	fill(&o.Environ, os.Environ)
	fill(&o.Now, time.Now)
	fillLimit(&o.KVLimit, defaultKVLimit)
	fillLimit(&o.MaxValue, defaultMaxValue)
	o.MaxValue = min(o.MaxValue, secret.MaxValueLen)
	fillLimit(&o.MaxKeys, defaultMaxKeys)
	fillLimit(&o.MaxListing, defaultMaxListing)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, loadError(o.Provider, "the current folder is unknown").Wrap(err)
	}
	o.Dir = dir
	s := &Set{opt: o, ownEnviron: own, start: o.Now()}
	if s.env, err = parsePatterns(o.Provider, o.Grant.Env); err != nil {
		return nil, err
	}
	if s.files, err = parseRoots(o); err != nil {
		return nil, err
	}
	s.kv = newKV(o.KVLimit)
	s.log = newGuestLog(o)
	return s, nil
}

// Close wipes what postern_kv_v1 holds and reports the guest log lines that were
// dropped since the last report. Closing twice does nothing.
func (s *Set) Close() error {
	s.kv.close()
	s.log.close()
	return nil
}

// fileCap is the size in bytes above which a file is too large.
func (s *Set) fileCap() int64 { return max(s.opt.MaxValue, minFileCap) }

func fill[T any](f *func() T, def func() T) {
	if *f == nil {
		*f = def
	}
}

func fillLimit[N int | int64](n *N, def N) {
	if *n <= 0 {
		*n = def
	}
}

func loadError(provider, detail string) *secret.Error {
	return &secret.Error{Code: secret.ErrLoad, Op: secret.OpOpen, Provider: provider, Detail: detail}
}
