/* Catches the signals, and the timer of --max-time, that stop a command in an orderly way. */
#include "commands/signals.h"
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

/* Only signal handlers write these, and a handler can reach nothing but globals. */
static atomic_int stop_requests;
static atomic_bool time_over;

static void on_signal(int number)
{
    if (atomic_fetch_add(&stop_requests, 1) > 0)
        _exit(128 + number); /* a second signal ends the process at once; finished rows are in the file */
}

/* Counts as a first signal, and changes nothing after one: the kernel and the shell may both say that a terminal is gone. */
static void on_hangup(int number)
{
    int none = 0;
    (void)number;
    atomic_compare_exchange_strong(&stop_requests, &none, 1);
}

/* The timer does the same. */
static void on_alarm(int number)
{
    int none = 0;
    (void)number;
    if (atomic_compare_exchange_strong(&stop_requests, &none, 1))
        atomic_store(&time_over, true);
}

/* Does a hangup mean nothing to this process, as under nohup? */
static bool ignores_hangup(void)
{
    struct sigaction now;
    return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void start_clock(double seconds)
{
    const double most = 1e8; /* three years, in the range of a timer; more is no limit */
    struct itimerval timer = {0};
    if (seconds <= 0)
        on_alarm(SIGALRM);
    if (seconds <= 0 || seconds > most)
        return;
    timer.it_value.tv_sec = (time_t)seconds;
    timer.it_value.tv_usec = (suseconds_t)((seconds - floor(seconds)) * 1e6) + 1; /* 0 would disarm the timer */
    if (timer.it_value.tv_usec > 999999)
        timer.it_value.tv_usec = 999999;
    setitimer(ITIMER_REAL, &timer, NULL);
}

const atomic_int *command_catch_signals(double seconds)
{
    const struct {
        int number;
        void (*handler)(int);
    } rows[] = {{SIGINT, on_signal},
                {SIGTERM, on_signal},
                {SIGUSR1, on_signal},
                {SIGALRM, on_alarm},
                {SIGHUP, ignores_hangup() ? SIG_IGN : on_hangup}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sigaction action = {.sa_handler = rows[i].handler, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        sigaction(rows[i].number, &action, NULL);
    }
    if (seconds == seconds)
        start_clock(seconds);
    return &stop_requests;
}

bool command_time_over(void)
{
    return atomic_load(&time_over);
}
