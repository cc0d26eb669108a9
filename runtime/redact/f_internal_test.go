package redact
import ("testing";"math/rand/v2";"fmt")
func BenchmarkNext(b *testing.B) {
	text := make([]byte, 32<<10)
	for i := range text { text[i] = "abcdefghijklmnopqrstuvwxyz0123456789 \n"[rand.IntN(38)] }
	for _, n := range []int{40, 4000, 100000} {
	for _, st := range []struct{s int; m uint64}{{2,0xffffff},{5,0xffffffff},{9,^uint64(0)},{25,^uint64(0)}} {
		b.Run(fmt.Sprint(n,"/",st.s), func(b *testing.B){
			f := newFilter(n, rand.Uint64()|1, st.m)
			for range n { f.add(rand.Uint64()&st.m|0x808080) }
			b.SetBytes(int64(len(text)))
			for b.Loop() { for i:=0; i+8<=len(text); i+=st.s { i = f.next(text,i,st.s) } }
		})
	}}
}
