package childproc

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// giveBack puts input that the child has not read back into the real terminal, for the
// next program, which would get it without us. It does nothing where the system forbids
// that. The real terminal must still be raw, or it would show the keys again.
func (p *pty) giveBack() {
	keys := append(p.unread(), p.unsent...)
	defer clear(keys)
	if len(keys) == 0 || !p.foreground() || !canType() {
		return
	}
	p.rawForGivingBack()
	if p.before == nil {
		return
	}
	in := int(p.in.Fd())
	for { // keys typed since the pump ended come last
		b := make([]byte, 4096)
		poll := []unix.PollFd{{Fd: int32(in), Events: unix.POLLIN}}
		if n, err := unix.Poll(poll, 0); err != nil || n == 0 || poll[0].Revents&unix.POLLIN == 0 || len(keys) == 0 {
			break
		}
		n, err := unix.Read(in, b)
		if err != nil || n <= 0 {
			break
		}
		keys = append(keys, b[:n]...)
	}
	for i := range keys {
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(in), unix.TIOCSTI, uintptr(unsafe.Pointer(&keys[i]))); errno != 0 {
			return
		}
	}
}

// unread takes the input that nobody has read from the child's end.
func (p *pty) unread() (keys []byte) {
	fd := int(p.near.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil
	}
	now := *before
	now.Lflag &^= unix.ICANON
	now.Cc[unix.VMIN], now.Cc[unix.VTIME] = 0, 0 // return what is there
	if unix.IoctlSetTermios(fd, unix.TCSETS, &now) != nil {
		return nil
	}
	b := make([]byte, 4096)
	defer clear(b)
	for n := 1; n > 0; {
		if n, err = unix.Read(fd, b); err != nil {
			break
		}
		keys = append(keys, b[:n]...)
	}
	_ = unix.IoctlSetTermios(fd, unix.TCSETS, before)
	return keys
}

// canType reports whether this process may type at its controlling terminal. Linux 6.2
// made that a setting, which only an administrator may disregard.
func canType() bool {
	b, err := os.ReadFile("/proc/sys/dev/tty/legacy_tiocsti")
	if err != nil || len(b) == 0 || b[0] != '0' {
		return true
	}
	var data [2]unix.CapUserData
	return unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &data[0]) == nil && data[0].Effective>>unix.CAP_SYS_ADMIN&1 != 0
}
