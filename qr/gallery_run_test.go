package qr

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// result is what the two readers made of one picture.
type result struct {
	codes, ham, zbar  int // on it, read by each
	hamTook, zbarTook time.Duration
}

// tenth says that a tenth of the pictures is enough, as with -short.
var tenth bool

// TestGallery reads the whole gallery, and again with zbarimg where that is
// installed: no class may fall below its floor or below zbarimg.
//
// HAM_GALLERY=DIR keeps the pictures in DIR and writes DIR/table.md, one
// picture at a time so that the times mean something.
func TestGallery(t *testing.T) {
	zbar, _ := exec.LookPath("zbarimg")
	if zbar == "" && os.Getenv("CI") == "true" {
		t.Error("zbarimg (package zbar-tools) is not installed: nothing to compare with")
	}
	dir := os.Getenv("HAM_GALLERY")
	some := tenth || testing.Short()
	results := make([][]result, len(gallery))
	t.Run("read", func(t *testing.T) {
		for n, c := range gallery {
			results[n] = make([]result, c.count)
			for i := range c.count {
				if some && i%10 != 4 {
					continue
				}
				t.Run(fmt.Sprintf("%s %d", c.name, i), func(t *testing.T) {
					if dir == "" {
						t.Parallel()
					}
					results[n][i] = look(t, c.exhibit(t, i), zbar, dir, fmt.Sprintf("%02d-%02d", n, i))
				})
			}
		}
	})
	t.Run("floors", func(t *testing.T) {
		if some {
			t.Skip("a tenth of the pictures says nothing about the floors")
		}
		for n, c := range gallery {
			if ham, _, codes := count(results[n]); ham < c.floor {
				t.Errorf("%s: read %d of %d, not %d any more", c.name, ham, codes, c.floor)
			}
		}
	})
	t.Run("never below zbarimg", func(t *testing.T) {
		if zbar == "" {
			t.Skip("zbarimg (package zbar-tools) is not installed")
		}
		for n, c := range gallery {
			if ham, other, codes := count(results[n]); ham < other {
				t.Errorf("%s: read %d of %d, zbarimg %d", c.name, ham, codes, other)
			}
		}
	})
	if dir != "" {
		table := report(results, start(t, zbar))
		t.Log("\n" + table)
		if err := os.WriteFile(filepath.Join(dir, "table.md"), []byte(table), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// look has one picture read.
func look(t *testing.T, e exhibit, zbar, dir, name string) (r result) {
	r.codes = len(e.texts)
	began := time.Now()
	texts, _ := Decode(t.Context(), e.img)
	r.hamTook = time.Since(began)
	for _, text := range texts {
		if slices.Contains(e.texts, text) {
			r.ham++
		} else {
			t.Errorf("read %q, which is on no code", text)
		}
	}
	if zbar == "" && dir == "" {
		return r
	}
	if dir == "" {
		dir = t.TempDir()
	}
	file := hang(t, e, filepath.Join(dir, name))
	if zbar == "" {
		return r
	}
	began = time.Now()
	seen := zbarimg(t.Context(), zbar, file)
	r.zbarTook = time.Since(began)
	for _, text := range e.texts {
		if slices.Contains(seen, text) {
			r.zbar++
		}
	}
	return r
}

// hang writes a picture to a file.
func hang(t *testing.T, e exhibit, file string) string {
	file, data := file+".jpg", e.jpeg
	if data == nil {
		file = strings.TrimSuffix(file, ".jpg") + ".png"
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, e.img); err != nil {
			t.Fatal(err)
		}
		data = b.Bytes()
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// zbarimg returns the texts that the other reader finds, which is told to look
// for light codes on dark too. That it finds none is not told apart from an error.
func zbarimg(ctx context.Context, zbar, file string) []string {
	out, _ := exec.CommandContext(ctx, zbar, "--raw", "-q", "--nodbus", "-Stest-inverted", file).Output()
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// start is how long zbarimg takes for a picture of one pixel.
func start(t *testing.T, zbar string) time.Duration {
	if zbar == "" {
		return 0
	}
	file := hang(t, exhibit{img: image.NewGray(image.Rect(0, 0, 1, 1))}, filepath.Join(t.TempDir(), "pixel"))
	var took []time.Duration
	for range 9 {
		began := time.Now()
		zbarimg(t.Context(), zbar, file)
		took = append(took, time.Since(began))
	}
	return at(took, 50)
}

func count(results []result) (ham, zbar, codes int) {
	for _, r := range results {
		ham, zbar, codes = ham+r.ham, zbar+r.zbar, codes+r.codes
	}
	return ham, zbar, codes
}

// at is the value that percent of the times do not exceed.
func at(times []time.Duration, percent int) time.Duration {
	slices.Sort(times)
	return times[(len(times)-1)*percent/100]
}

func report(results [][]result, start time.Duration) string {
	var b strings.Builder
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.WriteString("| class | pictures | codes | read by ham | median ms | 90 % ms | read by zbarimg | median ms |\n" +
		"| --- | --: | --: | --: | --: | --: | --: | --: |\n")
	row := func(name string, results []result) {
		var ham, zbar []time.Duration
		for _, r := range results {
			ham, zbar = append(ham, r.hamTook), append(zbar, r.zbarTook)
		}
		h, z, codes := count(results)
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %.0f | %.0f | %d | %.0f |\n", name, len(results), codes,
			h, ms(at(ham, 50)), ms(at(ham, 90)), z, ms(at(zbar, 50)))
	}
	for n, c := range gallery {
		row(c.name, results[n])
	}
	row("all", slices.Concat(results...))
	fmt.Fprintf(&b, "\nThe times of ham are of Decode in the running program. Those of zbarimg contain its start and the reading\n"+
		"of the file: %.0f ms for a picture of one pixel.\n", ms(start))
	return b.String()
}
