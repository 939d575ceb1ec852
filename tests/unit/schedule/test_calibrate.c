/* Tests that the calibration before a grid is quick, however large a run is, and stays within a run's memory. */
#include "fixtures/schedule_fixture.h"
#include "schedule/schedule.h"

/* Returns the seconds that the calibration takes. */
static time_t calibrate(const char *text)
{
    bench b;
    nn_error err;
    double per_second = 0;
    const time_t began = time(NULL);
    bench_open(&b, text);
    assert_int_equal(schedule_calibrate(b.grid, b.data, 1e18, &per_second, &err), NN_ok);
    assert_true(per_second > 1e6);
    bench_close(&b);
    return time(NULL) - began;
}

TEST(calibration_is_quick)
{
    assert_true(calibrate("name: large\ndata: {builtin: moons, rows: 20000}\nrecord: {per_decade: 5}\n"
                          "base: {hidden: [500, 500], epochs: 100000}\n") <
                20); /* it takes about 0.2 s; a sanitizer makes it slower */
}

/* The calibration trains a part of the rows, as few as a batch, whose inputs it keeps; the whole run keeps none. It
 * once wrote past the end of the workspace. */
TEST(calibration_has_room_for_small_pieces)
{
    calibrate("name: batches\ndata: {builtin: moons, rows: 600}\nbase: {hidden: [60, 60], batch_size: 64, "
              "epochs: 2}\n");
}
