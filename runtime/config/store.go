package config

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/suggest"
)

// The trust store is a file with one accepted configuration per line: the digest,
// a space and the quoted path. The path is for people and for Distrust.

// maxStore is the largest trust store in bytes.
const maxStore = 4 << 20

// storePath returns the path of the trust store, "" if the environment names no
// home folder.
func storePath(env environment) string {
	switch state, home := env["XDG_STATE_HOME"], env["HOME"]; {
	case filepath.IsAbs(state):
		return filepath.Join(state, "postern", "trusted")
	case filepath.IsAbs(home):
		return filepath.Join(home, ".local", "state", "postern", "trusted")
	case filepath.IsAbs(env["LOCALAPPDATA"]):
		return filepath.Join(env["LOCALAPPDATA"], "postern", "trusted")
	}
	return ""
}

// isTrusted reports whether the store contains the digest. A store that others
// could have written is an error.
func isTrusted(store, digest string) (bool, error) {
	if store == "" {
		return false, nil
	}
	lines, err := readStore(store)
	return slices.ContainsFunc(lines, func(line string) bool {
		have, _, _ := strings.Cut(line, " ")
		return have == digest
	}), err
}

// readStore returns the lines of the store, none if there is no file.
func readStore(store string) ([]string, error) {
	removeAbandoned(store)
	if _, err := os.Lstat(store); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	text, err := readTrusted(store, maxStore, false)
	if err != nil {
		return nil, err
	}
	if len(text) == 0 {
		return nil, nil
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, line := range lines {
		if !storeLine().MatchString(line) {
			return nil, errorf("%s: line %d: want a digest and a path in quotes", quote(store), i+1).
				Wrap(suggest.Command("mv", store, store+".bad"))
		}
	}
	return lines, nil
}

// storeLine is a line of the store. Other lines are refused: one that differs a little would
// be found by its digest and not by its path, and trust in it would not be revoked.
var storeLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{64} "(?:[^"\\\x00]|\\.)*"$`) })

// removeAbandoned removes what a killed process left of a change to the store.
func removeAbandoned(store string) {
	safefile.RemoveAbandoned(store)
	if root, err := os.OpenRoot(filepath.Dir(store)); err == nil {
		safefile.RemoveAbandonedIn(root, nil) // the lock
		_ = root.Close()
	}
}

// maxRewrites is how often a store is read that other programs change all the time.
const maxRewrites = 10

// rewriteStore replaces the store atomically. Other processes that do the same wait, and
// change is called again after an edit by another program, so that no change is lost.
func (c *Config) rewriteStore(change func([]string) []string) error {
	if c.store == "" {
		return errorf("cannot record trust: HOME is not set")
	}
	dir := filepath.Dir(c.store)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return errorf("%s: %s", quote(dir), safefile.Reason(err))
	}
	if err := checkOwner(dir); err != nil {
		return err
	}
	unlock, err := lockStore(dir)
	if err != nil {
		return errorf("cannot lock %s: %s", quote(c.store), safefile.Reason(err))
	}
	defer unlock()
	for range maxRewrites {
		if err = rewrite(c.store, change); !errors.Is(err, errEdited) {
			return err
		}
	}
	return err
}

func rewrite(store string, change func([]string) []string) error {
	was, _ := readIfThere(store, maxStore) // readStore says what is wrong
	lines, err := readStore(store)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	for _, line := range change(lines) {
		text.WriteString(line + "\n")
	}
	if err := replaceRead(store, was, text.Bytes(), maxStore, 0o600); err != nil {
		return errorf("cannot write %s: %s", quote(store), safefile.Reason(err)).Wrap(err)
	}
	return nil
}

// storeWait is how long other processes may hold the lock of the store. Each needs
// it for some milliseconds.
const storeWait = 30 * time.Second

// lockStore takes the lock of the folder of the store.
func lockStore(dir string) (unlock func(), err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(storeWait); ; time.Sleep(time.Millisecond) {
		release, err := safefile.TryLockIn(root)
		if errors.Is(err, safefile.ErrLocked) && time.Now().Before(end) {
			continue
		}
		if err != nil {
			return nil, errors.Join(err, root.Close())
		}
		return func() {
			release()
			_ = root.Close()
		}, nil
	}
}

// quotePath returns a path on one line.
func quotePath(path string) string {
	return `"` + strings.NewReplacer("\\", `\\`, "\n", `\n`, `"`, `\"`).Replace(path) + `"`
}

// storedPath returns the path of a line of the store.
func storedPath(line string) string {
	_, quoted, _ := strings.Cut(line, " ")
	path := strings.TrimSuffix(strings.TrimPrefix(quoted, `"`), `"`)
	return strings.NewReplacer(`\\`, "\\", `\n`, "\n", `\"`, `"`).Replace(path)
}
