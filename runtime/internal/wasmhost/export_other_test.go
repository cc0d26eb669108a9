//go:build !unix

package wasmhost

func (l *linear) whole() []byte { return l.buf[:cap(l.buf)] }
