package desk

import (
	"encoding/hex"
	"errors"
	"html"
	"image"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/web"
)

// More is asked for than can be drawn: whoever waits is told so, and not kept
// until they are gone.
func TestWhoeverWaitsTooLongForADrawingIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drawings{turns: make(chan struct{}, 1)}
		d.turns <- struct{}{} // somebody draws
		if _, err := d.of("https://ham.example/Q/A", nil); !errors.Is(err, ErrBusy) {
			t.Fatalf("%v", err)
		}
		<-d.turns
		first, err := d.of("https://ham.example/Q/A", nil)
		if err != nil || first.Size == 0 {
			t.Fatalf("once there is room: %v", err)
		}
		d.turns <- struct{}{}
		if again, err := d.of("https://ham.example/Q/A", nil); err != nil || again != first {
			t.Errorf("what was drawn waits for nobody: %v", err)
		}
	})
}

// link is a pairing's, and always another one.
func (r *room) link() string { return qr.PairingLink(origin, r.Codes.At(pairing.NewID(), 0)) }

// drawMany brings the stencil about.
func (r *room) drawMany(t *testing.T) {
	t.Helper()
	for range manyDrawings - len(r.drawings.drawn) {
		if r.drawings.stencil.Load() != nil {
			t.Fatal("there is a stencil before many codes were drawn")
		}
		if _, err := r.drawings.of(r.link(), r.Log); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "there is a stencil", func() bool { return r.drawings.stencil.Load() != nil })
}

// filled draws a path of horizontal and vertical lines by the even-odd rule.
func filled(size int, path string) image.Image {
	dark := make([]bool, size*size)
	var x, y, startX, startY int
	down := func(to int) {
		for ; y != to; y += max(-1, min(1, to-y)) {
			row := min(y, y+max(-1, min(1, to-y)))
			for right := x; right < size; right++ {
				dark[row*size+right] = !dark[row*size+right]
			}
		}
	}
	for _, step := range regexp.MustCompile(`([Mmhvz])(-?\d+)?(?: (-?\d+))?`).FindAllStringSubmatch(path, -1) {
		a, _ := strconv.Atoi(step[2])
		b, _ := strconv.Atoi(step[3])
		switch step[1] {
		case "M", "m": // the first is as good as relative
			x, y = startX+a, startY+b
			startX, startY = x, y
		case "h":
			x += a
		case "v":
			down(y + a)
		case "z":
			down(startY)
			x = startX
		}
	}
	return imaged(size, func(i int) bool { return dark[i] })
}

// dotted draws the modules that a message brings.
func dotted(t *testing.T, drawn *web.QR) image.Image {
	t.Helper()
	if drawn == nil || len(drawn.Dark) != (drawn.Size*drawn.Size+3)/4 {
		t.Fatal("the message brings no code")
	}
	digits, err := hex.DecodeString(drawn.Dark + strings.Repeat("0", len(drawn.Dark)%2))
	if err != nil {
		t.Fatal(err)
	}
	return imaged(drawn.Size, func(i int) bool { return digits[i/8]&(128>>(i%8)) != 0 })
}

// imaged has eight pixels to a module, and the quiet zone.
func imaged(size int, dark func(int) bool) image.Image {
	const scale, quiet = 8, 4
	side := size + 2*quiet
	img := image.NewGray(image.Rect(0, 0, side*scale, side*scale))
	for i := range img.Pix {
		x, y := i%img.Stride/scale-quiet, i/img.Stride/scale-quiet
		if x < 0 || y < 0 || x >= size || y >= size || !dark(y*size+x) {
			img.Pix[i] = 255
		}
	}
	return img
}

// reads wants a drawing to say what it should.
func reads(t *testing.T, where string, drawn image.Image, link string) {
	t.Helper()
	texts, err := qr.Decode(t.Context(), drawn)
	if err != nil || len(texts) != 1 || texts[0] != link {
		t.Errorf("%s: the code does not read as its link (%v)", where, err)
	}
}

// onPage is the drawing that a page comes with, and its link.
func (r *room) onPage(t *testing.T) (drawn image.Image, link string) {
	t.Helper()
	w, request := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/sso-authorize?client_id=library", nil)
	if err := r.SignIn(w, request, oauth.Request{Client: oauth.Client{ID: "library", Name: "Library"}}); err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`data-link="([^"]*)" viewBox="-4 -4 (\d+) \d+".*?<path fill="#000" d="([^"]*)"`).FindStringSubmatch(w.Body.String())
	if found == nil {
		t.Fatal("the page has no code")
	}
	side, _ := strconv.Atoi(found[2])
	return filled(side-8, found[3]), html.UnescapeString(found[1])
}

// Page and socket show codes that are read, from the encoder and from the
// stencil that comes after it, which keeps nobody waiting.
func TestCodesAreReadBeforeAndAfterThereWereMany(t *testing.T) {
	r := newRoom(t)
	r.Remembered = func(*http.Request) (string, time.Time) { return "", time.Time{} }
	browser, _ := r.join(t)
	views := hears(browser)
	before := <-views
	reads(t, "the socket before", dotted(t, before.QR), before.Link)
	drawn, link := r.onPage(t)
	reads(t, "the page before", drawn, link)

	r.drawMany(t)
	r.moved.Add(int64(pairing.CodeEvery))
	eventually(t, "the socket gets the next code", func() bool {
		r.tickAll(0)
		return len(views) > 0
	})
	after := <-views
	if after.Link == before.Link {
		t.Error("the code is the one before")
	}
	reads(t, "the socket after", dotted(t, after.QR), after.Link)
	drawn, link = r.onPage(t)
	reads(t, "the page after", drawn, link)

	for range cap(r.drawings.turns) { // nobody waits for the encoder any more
		r.drawings.turns <- struct{}{}
	}
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			link := r.link()
			drawn, err := r.drawings.of(link, r.Log)
			if err != nil {
				t.Error(err)
			} else if i%50 == 0 {
				reads(t, "one of many at once", filled(drawn.Size, drawn.Path()), link)
			}
		})
	}
	all.Wait()
}

// A public URL that no stencil can be made for is said once, and its codes are
// drawn all the same.
func TestWithoutAStencilTheEncoderGoesOn(t *testing.T) {
	var said strings.Builder
	d, log := drawings{}, slog.New(slog.NewTextHandler(&said, nil))
	long := qr.PairingLink("https://"+strings.Repeat("a", 400), "")
	codes := pairing.NewCodes([32]byte{1})
	d.makeStencil(long+codes.At(pairing.NewID(), 0), log)
	if lines := strings.Count(said.String(), "\n"); lines != 1 || !strings.Contains(said.String(), "level=WARN") {
		t.Errorf("%d lines were logged", lines)
	}
	link := long + codes.At(pairing.NewID(), 0)
	drawn, err := d.of(link, log)
	if err != nil {
		t.Fatal(err)
	}
	reads(t, "a long link", dotted(t, drawn), link)
}

func BenchmarkDrawing(b *testing.B) {
	codes := pairing.NewCodes([32]byte{1})
	link := func() string { return qr.PairingLink("https://ham.example", codes.At(pairing.NewID(), 0)) }
	for _, way := range []string{"encoder", "stencil"} {
		b.Run(way, func(b *testing.B) {
			var d drawings
			if way == "stencil" {
				d.makeStencil(link(), nil)
			} else {
				d.making.Do(func() {})
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.of(link(), nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
