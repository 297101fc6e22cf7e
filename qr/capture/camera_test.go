package capture_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"hamconnect/qr/capture"
)

// still is a JPEG of one grey.
func still(t testing.TB, width, height int, y uint8) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.Gray{Y: y}), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// grey is how bright the middle of a picture is.
func grey(img image.Image) int {
	b := img.Bounds()
	return int(color.GrayModel.Convert(img.At(b.Min.X+b.Dx()/2, b.Min.Y+b.Dy()/2)).(color.Gray).Y)
}

func film(t *testing.T, name, data string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func openCamera(t *testing.T, source string) *capture.Camera {
	t.Helper()
	c, err := capture.Open(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// shows wants the next pictures to be of these greys.
func shows(t *testing.T, c *capture.Camera, greys ...int) {
	t.Helper()
	for i, want := range greys {
		img, err := c.Next(t.Context())
		if err != nil {
			t.Fatalf("picture %d: %v", i, err)
		}
		if got := grey(img); got < want-3 || got > want+3 {
			t.Errorf("picture %d is %d, want %d", i, got, want)
		}
	}
}

// without takes the Huffman tables out of a JPEG, as cameras do.
func without(data []byte) []byte {
	out := append([]byte{}, data[:2]...)
	for at := 2; ; {
		end := at + 2 + int(data[at+2])<<8 + int(data[at+3])
		if data[at+1] == 0xda {
			return append(out, data[at:]...)
		}
		if data[at+1] != 0xc4 {
			out = append(out, data[at:end]...)
		}
		at = end
	}
}

func TestFilmsStandInForACamera(t *testing.T) {
	t.Parallel()
	dark, light := still(t, 64, 48, 10), still(t, 64, 48, 240)
	if bytes.Contains(without(light), []byte{0xff, 0xc4}) {
		t.Fatal("the tables are still there")
	}
	y4m := func(header string, chroma int, greys ...byte) string {
		var b strings.Builder
		b.WriteString("YUV4MPEG2 W5 H3 F60:1 " + header + "\n")
		for i, g := range greys {
			b.WriteString([]string{"FRAME\n", "FRAME Ip\n"}[i%2] + strings.Repeat(string([]byte{g}), 15) + strings.Repeat("\x80", chroma))
		}
		return b.String()
	}
	for name, c := range map[string]struct{ file, data string }{
		"MJPEG":                     {"a.mjpeg", string(dark) + string(light)},
		"MJPEG, a short name":       {"a.MJPG", string(dark) + string(light)},
		"MJPEG without tables":      {"a.mjpeg", string(without(dark)) + string(without(light))},
		"MJPEG with rests between":  {"a.mjpeg", "\xff\xd8x" + string(dark) + "\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n" + string(light)},
		"MJPEG with one damaged":    {"a.mjpeg", string(dark) + string(dark[:len(dark)-30]) + string(light)},
		"Y4M 4:2:0":                 {"a.y4m", y4m("Ip A1:1 C420jpeg", 2*3*2, 10, 240)},
		"Y4M that names no colours": {"a.y4m", y4m("", 2*3*2, 10, 240)},
		"Y4M 4:2:2":                 {"a.y4m", y4m("C422", 2*3*3, 10, 240)},
		"Y4M 4:4:4":                 {"a.y4m", y4m("C444", 2*5*3, 10, 240)},
		"Y4M grey":                  {"a.y4m", y4m("Cmono", 0, 10, 240)},
		"Y4M that was cut short":    {"a.y4m", y4m("Cmono", 0, 10, 240) + "FRAME\nxx"},
	} {
		t.Run(name, func(t *testing.T) {
			shows(t, openCamera(t, film(t, c.file, c.data)), 10, 240, 10, 240) // over and over
		})
	}
}

func TestAFilmKeepsToItsSpeed(t *testing.T) {
	t.Parallel()
	c := openCamera(t, film(t, "a.y4m", "YUV4MPEG2 W2 H2 F10:1 Cmono\nFRAME\nxxxx"))
	began := time.Now()
	shows(t, c, 'x', 'x', 'x')
	if took := time.Since(began); took < 190*time.Millisecond {
		t.Errorf("three pictures at ten a second took %s", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	c.Close()
	if _, err := c.Next(t.Context()); err == nil {
		t.Error("a closed camera shows something")
	}
}

// bomb is a JPEG that says it is 60000 pixels wide and high.
func bomb(t *testing.T) string {
	data := still(t, 16, 16, 99)
	at := bytes.Index(data, []byte{0xff, 0xc0})
	copy(data[at+5:], []byte{0xea, 0x60, 0xea, 0x60})
	return string(data)
}

func TestBadFilmsAreRefused(t *testing.T) {
	t.Parallel()
	good := string(still(t, 16, 16, 99))
	open := "YUV4MPEG2 W640 H480 C420\n"
	for name, c := range map[string]struct{ file, data, says string }{
		"empty":                       {"a.mjpeg", "", "no picture"},
		"text":                        {"a.mjpeg", strings.Repeat("text ", 1000), "no picture"},
		"a megabyte of nothing":       {"a.mjpeg", strings.Repeat("x", 3<<20), "no MJPEG"},
		"cut short":                   {"a.mjpeg", good[:len(good)-40], "no picture"},
		"a picture without end":       {"a.mjpeg", good[:len(good)-2] + strings.Repeat("x", 17<<20), "too large"},
		"a picture of 0xff":           {"a.mjpeg", good[:len(good)-2] + strings.Repeat("\xff", 17<<20), "too large"},
		"segments without end":        {"a.mjpeg", "\xff\xd8" + strings.Repeat("\xff\xe0\xff\xff"+strings.Repeat("x", 65533), 300), "too large"},
		"marks without end":           {"a.mjpeg", "\xff\xd8" + strings.Repeat("\xff\xd0", 9<<20), "too large"},
		"a bomb":                      {"a.mjpeg", bomb(t), "too large"},
		"a segment of no length":      {"a.mjpeg", strings.Repeat("\xff\xd8\xff\xe0\x00\x00", 100), "damaged"},
		"not a Y4M":                   {"a.y4m", good, "does not begin"},
		"an empty Y4M":                {"a.y4m", "", "does not begin"},
		"a Y4M with no end of a line": {"a.y4m", strings.Repeat("YUV4MPEG2 ", 1<<20), "does not begin"},
		"a Y4M without size":          {"a.y4m", "YUV4MPEG2 F30:1\n", "size"},
		"a Y4M of negative size":      {"a.y4m", "YUV4MPEG2 W-5 H4\n", "size"},
		"a huge Y4M":                  {"a.y4m", "YUV4MPEG2 W99999999999999999999 H4\n", "too large"},
		"a Y4M that is too wide":      {"a.y4m", "YUV4MPEG2 W4097 H4\n", "too large"},
		"a Y4M of too many bytes":     {"a.y4m", "YUV4MPEG2 W4096 H4096 C444\n", "too large"},
		"a Y4M of 10 bits":            {"a.y4m", "YUV4MPEG2 W4 H4 C420p10\n", "8 bits"},
		"a Y4M without pictures":      {"a.y4m", open, "no picture"},
		"a Y4M with half a picture":   {"a.y4m", open + "FRAME\nxxx", "no picture"},
		"a Y4M with something else":   {"a.y4m", open + "SOMETHING\n", "does not begin"},
		"a Y4M with a long frame":     {"a.y4m", open + "FRAME " + strings.Repeat("x", 1000), "does not begin"},
	} {
		t.Run(name, func(t *testing.T) {
			camera, err := capture.Open(t.Context(), film(t, c.file, c.data))
			if err == nil {
				defer camera.Close()
				_, err = camera.Next(t.Context())
			}
			if told, ok := errors.AsType[*capture.Error](err); !ok || !strings.Contains(told.Reason, c.says) {
				t.Errorf("the error is %v, and should say %q", err, c.says)
			}
		})
	}
	for name, c := range map[string]struct{ source, says string }{
		"no such film":     {"/no/such.y4m", "no film"},
		"a folder":         {t.TempDir() + "/x.y4m", "no film"},
		"a device":         {"/dev/zero", "camera"},
		"another word":     {"front", "no camera"},
		"no address":       {"http://", "address"},
		"not to be read":   {"http://\x7f/", "address"},
		"nobody there":     {"http://127.0.0.1:1/video", "cannot be reached"},
		"no such camera":   {"/dev/video254", "camera"},
		"no such number":   {"254", "camera"},
		"another computer": {"file://elsewhere.example/a.y4m", "another computer"},
	} {
		_, err := capture.Open(t.Context(), c.source)
		if told, ok := errors.AsType[*capture.Error](err); !ok || !strings.Contains(told.Reason, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat("/dev/video0"); err != nil && runtime.GOOS == "linux" {
		_, err := capture.Open(t.Context(), "")
		if err == nil || !strings.Contains(err.Error(), "old phone") {
			t.Errorf("without a camera: %v", err)
		}
	}
}

// stream serves parts over and over, or once, and gives the address.
func stream(t *testing.T, contentType string, serve func(w http.ResponseWriter, r *http.Request)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		serve(w, r)
	}))
	t.Cleanup(server.CloseClientConnections)
	t.Cleanup(server.Close)
	return server.URL + "/video"
}

const mixed = "multipart/x-mixed-replace; boundary=frame"

func part(picture []byte) string {
	return fmt.Sprintf("--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(picture), picture)
}

func TestAStreamStandsInForACamera(t *testing.T) {
	t.Parallel()
	light := still(t, 64, 48, 240)
	for name, c := range map[string]struct{ contentType, part string }{
		"as it should be":           {mixed, part(light)},
		"another boundary":          {"multipart/x-mixed-replace; boundary=other", part(light)},
		"no boundary and no length": {"multipart/x-mixed-replace", "--x\r\n\r\n" + string(light)},
		"a wrong length":            {mixed, strings.Replace(part(light), "Length: ", "Length: 9", 1)},
		"as a file":                 {"video/x-motion-jpeg", string(light)},
	} {
		t.Run(name, func(t *testing.T) {
			address := stream(t, c.contentType, func(w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					fmt.Fprint(w, c.part)
					w.(http.Flusher).Flush()
					time.Sleep(2 * time.Millisecond)
				}
			})
			camera := openCamera(t, address)
			shows(t, camera, 240, 240, 240)
			camera.Close()
			if _, err := camera.Next(t.Context()); err == nil {
				if _, err = camera.Next(t.Context()); err == nil {
					t.Error("a closed camera goes on")
				}
			}
		})
	}
	t.Run("the newest picture is shown", func(t *testing.T) {
		sent := make(chan struct{})
		address := stream(t, mixed, func(w http.ResponseWriter, r *http.Request) {
			for i := range 20 {
				fmt.Fprint(w, part(still(t, 64, 48, uint8(10*i))))
			}
			w.(http.Flusher).Flush()
			close(sent)
			<-r.Context().Done()
		})
		camera := openCamera(t, address)
		<-sent
		time.Sleep(200 * time.Millisecond)
		shows(t, camera, 190)
	})
}

func TestBadStreamsAreRefused(t *testing.T) {
	t.Parallel()
	good := still(t, 64, 48, 240)
	for name, c := range map[string]struct {
		contentType, says string
		serve             func(w http.ResponseWriter, r *http.Request)
	}{
		"a web page":  {"text/html", "web page", func(http.ResponseWriter, *http.Request) {}},
		"one picture": {"image/jpeg", "one picture", func(w http.ResponseWriter, _ *http.Request) { w.Write(good) }},
		"elsewhere": {mixed, "not followed", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		}},
		"not found":     {mixed, "Not Found", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }},
		"with password": {mixed, "password", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }},
		"nothing":       {mixed, "ended", func(http.ResponseWriter, *http.Request) {}},
		"cut short":     {mixed, "ended", func(w http.ResponseWriter, _ *http.Request) { w.Write(good[:len(good)/2]) }},
		"a gigabyte": {mixed, "too large", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "--frame\r\nContent-Length: 1073741824\r\n\r\n")
			w.Write(good[:len(good)-2])
			junk := bytes.Repeat([]byte{7}, 1<<20)
			for range 1024 {
				if _, err := w.Write(junk); err != nil {
					return
				}
			}
		}},
		"a header without end": {mixed, "no MJPEG", func(w http.ResponseWriter, r *http.Request) {
			for range 100 {
				if _, err := w.Write(bytes.Repeat([]byte("--frame\r\n"), 100_000)); err != nil {
					return
				}
			}
		}},
		"a bomb": {mixed, "too large", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, part([]byte(bomb(t)))) }},
	} {
		t.Run(name, func(t *testing.T) {
			camera, err := capture.Open(t.Context(), stream(t, c.contentType, c.serve))
			if err == nil {
				defer camera.Close()
				_, err = camera.Next(t.Context())
			}
			if told, ok := errors.AsType[*capture.Error](err); !ok || !strings.Contains(told.Reason, c.says) {
				t.Errorf("the error is %v, and should say %q", err, c.says)
			}
		})
	}
	t.Run("a server that dribbles", func(t *testing.T) {
		camera := openCamera(t, stream(t, mixed, func(w http.ResponseWriter, r *http.Request) {
			for i := 0; r.Context().Err() == nil; i++ {
				w.Write(good[i%len(good) : i%len(good)+1])
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		}))
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := camera.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		if testing.Short() {
			return
		}
		began := time.Now()
		if _, err := camera.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "sends no picture") || time.Since(began) > 15*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
	t.Run("a server that says nothing, and a person who leaves", func(t *testing.T) {
		address := stream(t, mixed, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := capture.Open(ctx, address); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
}

func FuzzFilm(f *testing.F) {
	good := still(f, 16, 16, 99)
	f.Add(good)
	f.Add(append(without(good), good...))
	f.Add([]byte("YUV4MPEG2 W2 H2 F60:1 Cmono\nFRAME\nxxxx"))
	f.Fuzz(func(t *testing.T, data []byte) {
		name := "a.mjpeg"
		if bytes.HasPrefix(data, []byte("YUV")) {
			name = "a.y4m"
		}
		camera, err := capture.Open(t.Context(), film(t, name, string(data)))
		if err != nil {
			return
		}
		defer camera.Close()
		for range 2 {
			img, err := camera.Next(t.Context())
			if err == nil && (img.Bounds().Dx() > 4096 || img.Bounds().Dy() > 4096) {
				t.Errorf("a picture of %v", img.Bounds())
			}
		}
	})
}
