codename = "OrchidLantern"
encoded  = "TWFyYmxlRm91bnRhaW4="
pin      = 918273
short    = "zq"
