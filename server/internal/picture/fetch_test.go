package picture

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func picture(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.Set(i%w, i/w, color.RGBA{uint8(i % w), uint8(i / w), 100, 255})
	}
	return img
}

func pngOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, picture(w, h)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

func bytesHandler(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b) }
}

func TestGetMakesASmallSquarePNG(t *testing.T) {
	var jpg, gifs bytes.Buffer
	if err := errors.Join(jpeg.Encode(&jpg, picture(300, 200), nil), gif.Encode(&gifs, picture(60, 90), nil)); err != nil {
		t.Fatal(err)
	}
	// One blue pixel, lossless.
	webp := []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")
	for name, file := range map[string][]byte{
		"png": pngOf(t, 640, 480), "tiny png": pngOf(t, 1, 1), "jpeg": jpg.Bytes(), "gif": gifs.Bytes(), "webp": webp,
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, bytesHandler(file))
			got, err := New(Config{AllowLoopback: true}).Get(t.Context(), s.URL+"/a")
			if err != nil {
				t.Fatal(err)
			}
			img, err := png.Decode(bytes.NewReader(got))
			if err != nil || img.Bounds() != image.Rect(0, 0, Side, Side) {
				t.Fatalf("got %v, %v", img.Bounds(), err)
			}
		})
	}
}

func TestGetCutsOutTheMiddle(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 300, 100)) // black, a white middle
	for i := range 100 * 100 {
		img.Set(100+i%100, i/100, color.White)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	s := serve(t, bytesHandler(b.Bytes()))
	got, err := New(Config{AllowLoopback: true}).Get(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	out, _ := png.Decode(bytes.NewReader(got))
	for _, p := range []image.Point{{0, 0}, {127, 0}, {64, 64}, {0, 127}, {127, 127}} {
		if r, _, _, a := out.At(p.X, p.Y).RGBA(); r != 0xffff || a != 0xffff {
			t.Errorf("%v is not white", p)
		}
	}
}

func TestHostileAnswers(t *testing.T) {
	hold := make(chan struct{})
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"svg":   {bytesHandler([]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)), ErrUnsupported},
		"html":  {bytesHandler([]byte("<!doctype html><script>alert(1)</script>")), ErrUnsupported},
		"empty": {bytesHandler(nil), ErrUnsupported},
		"bmp":   {bytesHandler([]byte("BM" + strings.Repeat("\x00", 100))), ErrUnsupported},
		"png cut off": {
			bytesHandler(pngOf(t, 50, 50)[:60]), ErrUnsupported,
		},
		"an endless body": {func(w http.ResponseWriter, _ *http.Request) {
			for chunk := make([]byte, 64<<10); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, ErrUnsupported},
		"an error with a picture": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write(pngOf(t, 5, 5))
		}, nil},
		"a slow body": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("\x89PNG"))
			w.(http.Flusher).Flush()
			select {
			case <-hold:
			case <-r.Context().Done():
			}
		}, context.DeadlineExceeded},
		"no answer": {func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-hold:
			case <-r.Context().Done():
			}
		}, context.DeadlineExceeded},
		"an endless header": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("a", 1<<20))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, test.answer)
			f := New(Config{AllowLoopback: true})
			f.timeout = 300 * time.Millisecond
			if strings.HasPrefix(name, "an endless") {
				f.timeout = timeout
			}
			got, err := f.Get(t.Context(), s.URL)
			if err == nil || got != nil || (test.want != nil && !errors.Is(err, test.want)) {
				t.Errorf("got %d bytes, %v; want %v", len(got), err, test.want)
			}
		})
	}
	close(hold)
}

func TestManyCallersMakeOneFetch(t *testing.T) {
	file := pngOf(t, 10, 10)
	var asked atomic.Int32
	release := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		<-release
		_, _ = w.Write(file)
	})
	f := New(Config{AllowLoopback: true})
	// The first caller goes away; the others still get what it began.
	ctx, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if _, err := f.Get(ctx, s.URL); !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v", err)
		}
	})
	for asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	for range 50 {
		all.Go(func() {
			if _, err := f.Get(t.Context(), s.URL); err != nil {
				t.Error(err)
			}
		})
	}
	leave()
	close(release)
	all.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("the server was asked %d times", n)
	}
}

func TestAnswersAreKeptForAnHourAndFailuresForAMinute(t *testing.T) {
	file := pngOf(t, 10, 10)
	var asked atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path == "/bad" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(file)
	})
	now := time.Now()
	f := New(Config{AllowLoopback: true, Now: func() time.Time { return now }})
	for _, step := range []struct {
		path  string
		later time.Duration
		want  int32
	}{
		{"/good", 0, 1},
		{"/good#other", 59 * time.Minute, 1},
		{"/good", time.Minute, 2},
		{"/bad", 0, 3},
		{"/bad", 59 * time.Second, 3},
		{"/bad", time.Second, 4},
	} {
		now = now.Add(step.later)
		_, err := f.Get(t.Context(), s.URL+step.path)
		if (err != nil) != (step.path == "/bad") || asked.Load() != step.want {
			t.Errorf("%v: asked %d times, want %d; %v", step, asked.Load(), step.want, err)
		}
	}
}
