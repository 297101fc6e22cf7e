package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image/jpeg"
	"image/png"
	"runtime"
	"testing"
	"time"
)

// hugePNG is a header that promises w by h pixels, and nothing after it.
func hugePNG(w, h uint32) []byte {
	header := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)...)
	header = append(header, 8, 6, 0, 0, 0)
	file := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), header...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(header))
}

func TestSizeIsLookedAtBeforeDecoding(t *testing.T) {
	f := New(Config{})
	for _, size := range [][2]uint32{{30000, 30000}, {4097, 1}, {1, 4097}, {4096, 4096}, {0, 10}, {1 << 30, 1 << 30}} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := f.Square(t.Context(), hugePNG(size[0], size[1]), Side); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%v: got %v", size, err)
		}
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		if allocated > 200_000 {
			t.Errorf("%v: %d bytes were allocated", size, allocated)
		}
	}
}

// A GIF and a WebP whose frame is larger than the size in their header.
func TestFramesLargerThanTheirHeaderAreRefused(t *testing.T) {
	gif := []byte("GIF89a\x0a\x00\x0a\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x60\xea\x60\xea\x00\x02\x02\x4c\x01\x00;")
	webp := []byte("RIFF\x2e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x09\x00\x00\x09\x00\x00VP8L\x0e\x00\x00\x00\x2f\xff\xff\xff\x0f\x07\x10\x11\x11\x88\x88\xfe\x07\x00\x00")
	for name, file := range map[string][]byte{"gif": gif, "webp": webp} {
		if _, err := New(Config{}).Square(t.Context(), file, Side); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestDecodingEndsWithItsTime(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(2000, 2000), nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	if _, err := decode(ctx, fetchedSize, b.Bytes()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestCacheStaysWithinItsBounds(t *testing.T) {
	c := newCache(10, 1000)
	until := time.Now().Add(time.Hour)
	for i := range 100 {
		c.put(fmt.Sprint(i), entry{png: make([]byte, 50), until: until})
		c.get("0", time.Now()) // stays, because it is asked for
	}
	if len(c.byKey) != 10 || c.order.Len() != 10 || c.bytes != 500 {
		t.Errorf("%d entries, %d bytes", c.order.Len(), c.bytes)
	}
	if _, ok := c.get("0", time.Now()); !ok {
		t.Error("what was asked for last is gone")
	}
	c.put("big", entry{png: make([]byte, 980), until: until})
	c.put("too big", entry{png: make([]byte, 2000), until: until})
	if c.bytes > 1000 {
		t.Errorf("%d bytes", c.bytes)
	}
	c.put("old", entry{until: time.Now()})
	if _, ok := c.get("old", time.Now()); ok {
		t.Error("an old entry is given")
	}
}

func FuzzConvert(f *testing.F) {
	var b bytes.Buffer
	_ = png.Encode(&b, picture(9, 7))
	f.Add(b.Bytes())
	f.Add(hugePNG(40, 40))
	fetcher := New(Config{})
	f.Fuzz(func(t *testing.T, file []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		out, err := fetcher.Square(ctx, file, Side)
		if err == nil {
			if config, err := png.DecodeConfig(bytes.NewReader(out)); err != nil || config.Width != Side || config.Height != Side {
				t.Errorf("got %v, %v", config, err)
			}
		}
	})
}
