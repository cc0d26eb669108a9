package wasmhost

import "golang.org/x/sys/unix"

const mapNoReserve = unix.MAP_NORESERVE

func hideFromCore(mem []byte) { _ = unix.Madvise(mem, unix.MADV_DONTDUMP) }
