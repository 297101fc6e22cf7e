package desk

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/limit"
)

// A socket may be held for minutes, and many from one address: what came with
// its request is not held with it.
func TestASocketHoldsNoLongQuery(t *testing.T) {
	r := newRoom(t)
	const many, long = 200, 1 << 20
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	for range many {
		page := r.page(t)
		next(t, r.open(t, page, firstTry+"&x="+strings.Repeat("x", long/2)))
		if !r.stored(t, page.id) {
			t.Fatal("its request is held in memory until somebody scans")
		}
	}
	if held := (heap() - before) / many; held > long/4 {
		t.Errorf("a socket holds %d bytes", held)
	}
}

// What a page was told, it was told of a pairing that was counted. It says so
// once, and does not count as new for it.
func TestWhoResumesAndTriesAnewWritesNothingWithoutBeingCounted(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.Begins = limit.PerKey(time.Hour, 1, r.now)
	page := r.page(t)
	resume := "&pairing_resume=" + r.Codes.Resume(page.id)
	for _, stands := range []string{firstTry + resume, resume + firstTry} {
		q := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?pairing="+page.id+stands, nil)
		q.AddCookie(&http.Cookie{Name: r.cookieName(page.id), Value: page.secret})
		a, err := r.arrive(q, pairing.KindAuthorize)
		if err != nil || a.first || a.untold || !a.resumes {
			t.Errorf("as %s it is new (%v)", stands, err)
		}
	}
}
