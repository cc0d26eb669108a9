#define EXP(n) __attribute__((export_name(n)))
static unsigned char buf[65536], dst[65536];
EXP("fnv") unsigned fnv(unsigned n){ unsigned h=2166136261u; for(unsigned i=0;i<n;i++){ h^=buf[i&65535]; h*=16777619u;} return h; }
EXP("copy") unsigned copy(unsigned n){ volatile unsigned char *d=dst; for(unsigned i=0;i<n;i++) d[i&65535]=buf[i&65535]; return dst[5]; }
EXP("find") unsigned find(unsigned n){ unsigned i=0; while(i<n && buf[i&65535]==0) i++; return i; }
EXP("count") unsigned count(unsigned n){ unsigned c=0; for(unsigned i=0;i<n;i++) if(buf[i&65535]>=i) c++; return c; }
EXP("xs") unsigned xs(unsigned n){ unsigned x=n|1; for(unsigned i=0;i<n;i++){ x^=x<<13; x^=x>>17; x^=x<<5;} return x; }
EXP("nest") unsigned nest(unsigned n){ unsigned s=0; for(unsigned i=0;i<n/8;i++) for(unsigned j=0;j<8;j++) s=s*33+buf[(i*8+j)&65535]; return s; }
EXP("lut") unsigned lut(unsigned n){ unsigned c=~0u; for(unsigned i=0;i<n;i++) c=((unsigned*)dst)[(c^buf[i&65535])&255]^(c>>8); return c; }
