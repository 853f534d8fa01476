/* The floor: a WebSocket server that does nothing but send() each message to every socket. Nothing can do less.
 *
 * floor DESCRIPTOR 0: one send() for each message and socket.
 * floor DESCRIPTOR 1: messages that arrive together go out together, one send() for each socket.
 * DESCRIPTOR is a TCP socket that listens. A send() waits for a reader that is behind, so nothing is lost.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

enum { MOST = 65536, INPUT = 65536 };

struct connection {
    unsigned char *input;
    size_t held;
    int open;
};

static struct connection connections[MOST];
static int listeners[MOST], listening;
static unsigned char output[4 * INPUT];

static uint32_t rotate(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

/* SHA-1 (RFC 3174) of a text of 119 bytes at most. */
static void sha1(const char *text, size_t size, unsigned char digest[20]) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    unsigned char blocks[128] = {0};
    size_t count = size < 56 ? 1 : 2;
    memcpy(blocks, text, size);
    blocks[size] = 0x80;
    for (int i = 0; i < 8; i++) blocks[count * 64 - 1 - i] = (unsigned char)((uint64_t)size * 8 >> 8 * i);
    for (size_t block = 0; block < count; block++) {
        uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int i = 0; i < 16; i++) {
            const unsigned char *p = blocks + block * 64 + i * 4;
            w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        }
        for (int i = 16; i < 80; i++) w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        for (int i = 0; i < 80; i++) {
            uint32_t f, k;
            if (i < 20) f = (b & c) | (~b & d), k = 0x5A827999;
            else if (i < 40) f = b ^ c ^ d, k = 0x6ED9EBA1;
            else if (i < 60) f = (b & c) | (b & d) | (c & d), k = 0x8F1BBCDC;
            else f = b ^ c ^ d, k = 0xCA62C1D6;
            uint32_t next = rotate(a, 5) + f + e + k + w[i];
            e = d, d = c, c = rotate(b, 30), b = a, a = next;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    for (int i = 0; i < 20; i++) digest[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
}

/* Base64 (RFC 4648, 4) of 20 bytes: 28 characters. */
static void base64(const unsigned char bytes[20], char text[29]) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 7; i++) {
        uint32_t three = (uint32_t)bytes[3 * i] << 16 | (uint32_t)bytes[3 * i + 1] << 8;
        if (i < 6) three |= bytes[3 * i + 2];
        for (int j = 0; j < 4; j++) text[4 * i + j] = letters[three >> (18 - 6 * j) & 63];
    }
    text[27] = '=';
    text[28] = 0;
}

/* Answers the request for a WebSocket (RFC 6455, 4.2.2). Returns its bytes, 0 while it is not all there. */
static size_t shake_hands(int descriptor, struct connection *client) {
    client->input[client->held] = 0;
    char *end = strstr((char *)client->input, "\r\n\r\n"), *key;
    if (!end || !(key = strcasestr((char *)client->input, "\r\nSec-WebSocket-Key: ")) || key > end) return 0;
    key += strlen("\r\nSec-WebSocket-Key: ");
    char text[64], accept[29], answer[256];
    unsigned char digest[20];
    int size = snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    sha1(text, (size_t)size, digest);
    base64(digest, accept);
    size = snprintf(answer, sizeof answer,
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    send(descriptor, answer, (size_t)size, MSG_NOSIGNAL);
    client->open = 1;
    listeners[listening++] = descriptor;
    return (size_t)(end + 4 - (char *)client->input);
}

static void tell(const unsigned char *frames, size_t size) {
    for (int i = 0; i < listening && size; i++) send(listeners[i], frames, size, MSG_NOSIGNAL);
}

/* Turns the masked frame at `in` into one of a server at `out`. Returns the bytes of the first, 0 while it is not all
 * there, and those of the second in `*made`. */
static size_t turn(const unsigned char *in, size_t held, unsigned char *out, size_t *made) {
    size_t head = 6, own = 2, size;
    if (held < 8) return 0;
    size = in[1] & 127;
    if (size > 125) size = (size_t)in[2] << 8 | in[3], head = 8, own = 4;
    if (held < head + size) return 0;
    out[0] = 0x81;
    out[1] = (unsigned char)(own == 4 ? 126 : size);
    if (own == 4) out[2] = in[2], out[3] = in[3];
    for (size_t i = 0; i < size; i++) out[own + i] = in[head + i] ^ in[head - 4 + i % 4];
    *made = own + size;
    return head + size;
}

static void forget(int descriptor) {
    for (int i = 0; i < listening; i++)
        if (listeners[i] == descriptor) listeners[i] = listeners[--listening];
    free(connections[descriptor].input);
    connections[descriptor] = (struct connection){0};
    close(descriptor);
}

static void serve(int descriptor, int joined) {
    struct connection *client = &connections[descriptor];
    ssize_t got = recv(descriptor, client->input + client->held, INPUT - 1 - client->held, MSG_DONTWAIT);
    if (got <= 0) {
        forget(descriptor);
        return;
    }
    client->held += (size_t)got;
    size_t at = 0, taken, made = 0, ready = 0;
    if (!client->open) at = shake_hands(descriptor, client);
    while (client->open && (taken = turn(client->input + at, client->held - at, output + ready, &made))) {
        at += taken;
        ready += made;
        if (!joined) tell(output, ready), ready = 0;
    }
    tell(output, ready);
    memmove(client->input, client->input + at, client->held - at);
    client->held -= at;
}

static void let_in(int listener, int poll) {
    int descriptor, yes = 1;
    while ((descriptor = accept(listener, NULL, NULL)) >= 0) {
        if (descriptor >= MOST) {
            close(descriptor);
            continue;
        }
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        connections[descriptor].input = malloc(INPUT);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
        epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
    }
}

int main(int count, char **words) {
    if (count != 3) return 64;
    int listener = atoi(words[1]), joined = atoi(words[2]), poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[256];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener) let_in(listener, poll);
            else serve(events[i].data.fd, joined);
        }
    }
}
