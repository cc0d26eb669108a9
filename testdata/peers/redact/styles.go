package redact

import (
	"bytes"
	"io"
)

// chain masks like some CI runners: a chain of one writer for each value, which looks
// for the first byte of the value and then compares byte by byte.
type chain struct {
	next    io.Writer
	phrase  []byte
	matched int
	out     []byte
}

func newChain(dst io.Writer, vals []string) io.Writer {
	for _, v := range vals {
		dst = &chain{next: dst, phrase: []byte(v)}
	}
	return dst
}

func (c *chain) Write(p []byte) (int, error) {
	out := c.out[:0]
	for rest := p; len(rest) > 0; {
		if c.matched == 0 {
			off := bytes.IndexByte(rest, c.phrase[0])
			if off < 0 {
				out = append(out, rest...)
				break
			}
			out = append(out, rest[:off]...)
			rest = rest[off+1:]
			c.matched = 1
			continue
		}
		if rest[0] != c.phrase[c.matched] {
			out = append(out, c.phrase[:c.matched]...)
			c.matched = 0
			continue
		}
		rest = rest[1:]
		if c.matched++; c.matched == len(c.phrase) {
			out = append(out, "[MASKED]"...)
			c.matched = 0
		}
	}
	c.out = out
	if _, err := c.next.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// partials masks like other runners: for each byte, it updates the list of all values
// that the text may be in the middle of.
type partials struct {
	dst   io.Writer
	first [256][]string
	live  []partial
	buf   []byte
}

type partial struct {
	value string
	at    int
}

func newPartials(dst io.Writer, vals []string) io.Writer {
	p := &partials{dst: dst}
	for _, v := range vals {
		p.first[v[0]] = append(p.first[v[0]], v)
	}
	return p
}

func (p *partials) Write(b []byte) (int, error) {
	out := p.buf[:0]
	for _, c := range b {
		live := p.live[:0]
		out = append(out, c)
		done := 0
		for _, m := range p.live {
			if m.value[m.at] != c {
				continue
			}
			if m.at++; m.at == len(m.value) {
				done = max(done, m.at)
				continue
			}
			live = append(live, m)
		}
		for _, v := range p.first[c] {
			live = append(live, partial{v, 1})
		}
		p.live = live
		if done > 0 {
			out = append(out[:max(0, len(out)-done)], "[MASKED]"...)
			p.live = p.live[:0]
		}
	}
	p.buf = out
	if _, err := p.dst.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}
